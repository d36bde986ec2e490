"""The files of Pearce & Zhu."""
