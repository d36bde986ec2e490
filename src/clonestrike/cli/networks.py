"""The command that lists the networks."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Annotated

from clonestrike import console
from clonestrike.cli.command import Group, Result, command
from clonestrike.core.registry import Installed
from clonestrike.errors import ClonestrikeError

FRAME = (180, 320)


@dataclass(frozen=True, kw_only=True)
class NetworksOptions:
    """Options of ``clonestrike networks``."""

    model: Annotated[str | None, Installed("networks")] = None
    """Show the size of one network with variants, such as pocket:big, for frames of 180 x 320, instead of the list."""


def _report(result: Result) -> None:
    if "networks" not in result:
        console.show(result, "network")
        return
    for name, network in result["networks"].items():
        console.console.print(f"[bold]{name}[/bold]  {network['title']}", highlight=False)
        for variant, text in network["variants"].items():
            console.console.print(f"  {variant}: {text}", markup=False, highlight=False)


@command("networks", Group.SET_UP, "clonestrike networks", report=_report)
def list_networks(options: NetworksOptions) -> Result:
    """List the installed networks and their variants, written as NAME:VARIANT.

    Other packages add their networks when they are installed.
    """
    from clonestrike.policy.networks import NETWORKS, untrained

    if options.model is not None:
        policy = untrained(options.model, FRAME)
        return {
            "model": options.model,
            "parameters": sum(weight.numel() for weight in policy.parameters()),
            "memory": policy.empty_memory(1).shape[1],
            "sees": policy.view.shapes,
            "sizes": asdict(policy.sizes),
        }
    networks: Result = {}
    for name in NETWORKS.names():
        try:
            network = NETWORKS.get(name)
        except ClonestrikeError as error:
            networks[name] = {"title": f"cannot be used: {error}", "variants": {}}
        else:
            variants = {variant: change.help for variant, change in network.variants.items()}
            networks[name] = {"title": network.help, "variants": variants}
    return {"networks": networks}
