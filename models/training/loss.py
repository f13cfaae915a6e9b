"""Which cells answer for which object, and what that costs.

Task-aligned assignment (Feng et al. 2021, "TOOD"): of the cells around an object's centre, those whose score and box fit it
best learn it. Boxes: generalized IoU (Rezatofighi et al. 2019). Objectness: varifocal loss (Zhang et al. 2021), whose
target is how well the box fits. Class: cross entropy on the cells that answer for an object.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

from targets import IGNORED

CELLS_AN_OBJECT = 9
CENTRE_RADIUS = 1.6
#: Least target of a matched cell: the labels are rough, a poor overlap may be theirs.
LEAST_TARGET = 0.3
BOX_GAIN, CLASS_GAIN = 2.5, 0.5
LABEL_SMOOTHING = 0.05


#: From this objectness of the teacher on, its box and class are imitated too.
TEACHER_SURE = 0.05


@dataclass
class Assigned:
    matched: Tensor
    """[batch, cells]: the cell answers for an object."""
    object: Tensor
    """[batch, cells]: index of that object among the picture's targets."""
    target: Tensor
    """[batch, cells]: objectness to learn."""
    counts: Tensor
    """[batch, cells]: 0 where an object that is left out lies, else 1."""


def total(boxes: Tensor, objectness: Tensor, classes: Tensor, targets: Tensor, centres: Tensor, strides: Tensor):
    """Loss of a batch and its parts for the log. Shapes as in `model.read`; targets [batch, n, 6], see dataset."""
    corners = to_corners(boxes)
    with torch.no_grad():
        found = assign(corners, objectness, targets, centres, strides)
    probability = objectness.sigmoid().detach()
    normal = found.target.sum().clamp(min=1)
    focus = torch.where(found.target > 0, found.target, 0.75 * probability**2) * found.counts
    object_loss = (F.binary_cross_entropy_with_logits(objectness, found.target, reduction="none") * focus).sum() / normal
    picked = torch.gather(targets, 1, found.object[..., None].expand(-1, -1, 6))[found.matched]
    weight = found.target[found.matched]
    box_loss = ((1 - generalized_iou(corners[found.matched], picked[:, 1:5])) * weight).sum() / normal
    per_cell = F.cross_entropy(
        classes[found.matched], picked[:, 0].clamp(min=0).long(), reduction="none", label_smoothing=LABEL_SMOOTHING
    )
    class_loss = (per_cell * weight * picked[:, 5]).sum() / (weight * picked[:, 5]).sum().clamp(min=1)
    return object_loss + BOX_GAIN * box_loss + CLASS_GAIN * class_loss, (object_loss, box_loss, class_loss)


def imitation(rows: tuple[Tensor, Tensor, Tensor], shown: tuple[Tensor, Tensor, Tensor]) -> Tensor:
    """How far the rows of a network are from those that a teacher gives for the same pictures (`model.read`)."""
    boxes, objectness, classes = rows
    target = shown[1].sigmoid()
    focus = torch.maximum(target, 0.75 * objectness.sigmoid().detach() ** 2)
    sure = target > TEACHER_SURE
    weight = target[sure]
    normal = weight.sum().clamp(min=1)
    # Less what the target itself costs: nothing is left when both agree.
    own = F.binary_cross_entropy_with_logits(shown[1], target, reduction="none")
    apart = F.binary_cross_entropy_with_logits(objectness, target, reduction="none") - own
    box_loss = ((1 - generalized_iou(to_corners(boxes)[sure], to_corners(shown[0])[sure])) * weight).sum()
    kinds = F.kl_div(classes[sure].log_softmax(-1), shown[2][sure].log_softmax(-1), reduction="none", log_target=True)
    class_loss = (kinds.sum(-1) * weight).sum()
    return ((apart * focus).sum() + BOX_GAIN * box_loss + CLASS_GAIN * class_loss) / normal


def assign(corners: Tensor, objectness: Tensor, targets: Tensor, centres: Tensor, strides: Tensor) -> Assigned:
    """Chooses for each object the cells that learn it; a cell that fits two takes the better one."""
    wanted = targets[..., 1:5]
    overlap = iou(wanted[:, :, None], corners[:, None])
    middle = (wanted[..., :2] + wanted[..., 2:]) / 2
    near = ((centres - middle[:, :, None]).abs() / strides).amax(-1) < CENTRE_RADIUS
    candidate = near & on_its_scale(wanted, strides[:, 0]) & (targets[..., 0] >= 0)[..., None]
    fit = ((objectness.sigmoid()[:, None] + 1e-4) ** 0.5) * ((overlap + 0.05) ** 3) * candidate
    best, index = fit.topk(min(CELLS_AN_OBJECT, fit.shape[-1]), -1)
    chosen = torch.zeros_like(fit).scatter_(-1, index, (best > 0).float()) * candidate
    owner = (fit * chosen).argmax(1, keepdim=True)
    chosen *= torch.zeros_like(fit).scatter_(1, owner, 1.0)
    fit = fit * chosen
    top_fit = fit.amax(-1, keepdim=True).clamp(min=1e-12)
    top_overlap = (overlap * chosen).amax(-1, keepdim=True).clamp(min=LEAST_TARGET)
    inside = ((centres > wanted[:, :, None, :2]) & (centres < wanted[:, :, None, 2:])).all(-1)
    left_out = (inside & (targets[..., 0] == IGNORED)[..., None]).any(1)
    matched = chosen.any(1)
    return Assigned(
        matched,
        chosen.argmax(1),
        (fit / top_fit * top_overlap).amax(1),
        (~left_out | matched).float(),
    )


def on_its_scale(wanted: Tensor, strides: Tensor) -> Tensor:
    """[batch, objects, cells]: the cell's stride suits the object's size; the outer scales take what is beyond."""
    side = (wanted[..., 2:] - wanted[..., :2]).amax(-1).clamp(min=4)
    octaves = torch.log2(side[..., None] / (strides * 3))
    smallest, largest = strides == strides.min(), strides == strides.max()
    return (octaves.abs() < 1.6) | (smallest & (octaves < 0)) | (largest & (octaves > 0))


def to_corners(boxes: Tensor) -> Tensor:
    return torch.cat([boxes[..., :2] - boxes[..., 2:] / 2, boxes[..., :2] + boxes[..., 2:] / 2], -1)


def iou(a: Tensor, b: Tensor) -> Tensor:
    shared, union, _, _ = overlap_areas(a, b)
    return shared / union


def generalized_iou(a: Tensor, b: Tensor) -> Tensor:
    shared, union, low, high = overlap_areas(a, b)
    hull = (high - low).prod(-1) + 1e-6
    return shared / union - (hull - union) / hull


def overlap_areas(a: Tensor, b: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Intersection, union, and the corners of the smallest box around both."""
    sides = (torch.minimum(a[..., 2:], b[..., 2:]) - torch.maximum(a[..., :2], b[..., :2])).clamp(min=0)
    shared = sides.prod(-1)
    areas = (a[..., 2:] - a[..., :2]).prod(-1) + (b[..., 2:] - b[..., :2]).prod(-1)
    low, high = torch.minimum(a[..., :2], b[..., :2]), torch.maximum(a[..., 2:], b[..., 2:])
    return shared, areas - shared + 1e-6, low, high
