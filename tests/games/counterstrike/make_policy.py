"""Writes an untrained policy, for the tests that run where there is no torch: python -m ...make_policy FOLDER."""

from __future__ import annotations

import sys
from pathlib import Path

import torch

from clonestrike.policy.checkpoint import save_policy
from clonestrike.policy.networks import card_of
from clonestrike.policy.networks.pocket import PocketPolicy
from clonestrike.policy.view import PolicyView


def main(folder: Path) -> None:
    torch.manual_seed(3)
    policy = PocketPolicy(PolicyView())
    with torch.no_grad():
        policy.heads.weight.mul_(200)
    folder.mkdir(parents=True, exist_ok=True)
    save_policy(folder, policy, card_of(policy))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
