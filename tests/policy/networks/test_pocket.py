from __future__ import annotations

import json

import pytest
import torch

from clonestrike.errors import ClonestrikeError
from clonestrike.policy.networks import card_of, untrained
from clonestrike.policy.networks.pocket import POCKET, Pixels, PocketPolicy, PocketSizes
from clonestrike.policy.view import PolicyView


def views(steps: int, streams: int, seed: int = 0) -> dict[str, torch.Tensor]:
    random = torch.Generator().manual_seed(seed)
    return {
        part: torch.randint(0, 256, (steps, streams, *shape), generator=random, dtype=torch.uint8)
        for part, shape in PolicyView().shapes.items()
    }


@pytest.fixture(scope="module")
def policy() -> PocketPolicy:
    torch.manual_seed(0)
    return PocketPolicy(PolicyView())


def test_it_has_about_two_million_parameters(policy: PocketPolicy) -> None:
    assert 1.5e6 < sum(weight.numel() for weight in policy.parameters()) < 2.5e6


def test_the_first_layer_scales_its_weights_instead_of_the_pixels() -> None:
    layer = Pixels(3, 4, 5, 2)
    pixels = torch.randint(0, 256, (2, 3, 20, 20)).float()
    scaled = torch.nn.functional.conv2d((pixels - layer.MEAN) * layer.SCALE, layer.weight, layer.bias, layer.stride)
    torch.testing.assert_close(layer(pixels), scaled, atol=1e-4, rtol=1e-4)


def test_memory_is_carried_from_chunk_to_chunk(policy: PocketPolicy) -> None:
    seen = views(6, 2)
    with torch.no_grad():
        whole, end = policy(seen, policy.empty_memory(2))
        first, memory = policy({part: x[:4] for part, x in seen.items()}, policy.empty_memory(2))
        second, last = policy({part: x[4:] for part, x in seen.items()}, memory)
    torch.testing.assert_close(last, end)
    for one, a, b in zip(whole, first, second, strict=True):
        torch.testing.assert_close(one, torch.cat([a, b]), atol=1e-5, rtol=1e-4)


def test_streams_do_not_mix(policy: PocketPolicy) -> None:
    seen = views(3, 2)
    with torch.no_grad():
        both, _ = policy(seen, policy.empty_memory(2))
        one, _ = policy({part: x[:, 1:] for part, x in seen.items()}, policy.empty_memory(1))
    torch.testing.assert_close(both.mouse_x[:, 1:], one.mouse_x, atol=1e-5, rtol=1e-4)


def test_every_weight_learns(policy: PocketPolicy) -> None:
    outputs, _ = policy(views(3, 2), policy.empty_memory(2))
    sum(head.square().sum() for head in outputs).backward()
    assert all(weight.grad is not None and float(weight.grad.abs().sum()) > 0 for weight in policy.parameters())
    policy.zero_grad()


def test_sizes_come_back_from_json() -> None:
    sizes = PocketSizes(channels=(4, 8, 8), whole=((8, 4), (4, 2), (3, 2)), memory=12)
    kept = json.loads(card_of(PocketPolicy(PolicyView(), sizes)).to_text())["architecture"]
    assert kept["name"] == "pocket"
    assert POCKET.read(kept) == sizes
    for damaged in ({}, {"name": "paper"}, {**kept, "channels": [1, 2]}, {**kept, "crop": 3}, {**kept, "wide": 1}):
        with pytest.raises(ClonestrikeError, match="architecture is not readable"):
            POCKET.read(damaged)


def test_its_crop_lies_around_the_crosshair() -> None:
    assert untrained("pocket", (180, 320), (75, 160)).view == PolicyView()
    assert untrained("pocket", (240, 320)).view == PolicyView((240, 320), crop_corner=(88, 128))
    with pytest.raises(ClonestrikeError, match="does not lie within a frame"):
        untrained("pocket", (50, 320))


def test_without_memory_every_frame_stands_for_itself() -> None:
    policy = untrained("pocket:nomemory", (180, 320))
    seen = views(3, 2)
    with torch.no_grad():
        whole, memory = policy(seen, policy.empty_memory(2))
        alone, _ = policy({part: x[2:] for part, x in seen.items()}, policy.empty_memory(2))
    assert memory.shape == (2, 0)
    torch.testing.assert_close(whole.mouse_x[2:], alone.mouse_x, atol=1e-5, rtol=1e-4)


def test_without_a_crop_it_sees_the_whole_view_only() -> None:
    policy = untrained("pocket:nocrop", (180, 320))
    assert list(policy.view.shapes) == ["whole"]
    with torch.no_grad():
        outputs, _ = policy({"whole": views(1, 1)["whole"]}, policy.empty_memory(1))
    assert outputs.mouse_x.shape == (1, 1, 23)


def test_variants_add_up() -> None:
    assert untrained("pocket:nomemory,big", (180, 320)).sizes == PocketSizes(
        channels=(32, 64, 64), features=384, memory=0
    )
    with pytest.raises(ClonestrikeError, match="unknown variant 'huge'"):
        untrained("pocket:huge", (180, 320))
