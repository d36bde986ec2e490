"""The command line: a command is a function of one configuration, whose fields are its options."""
