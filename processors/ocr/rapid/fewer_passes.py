"""Let a detector calculate the same with fewer passes over its largest images.

On the image of a page, what moves numbers in and out of memory costs as much as what calculates
with them. The formulas stay the same, and a network that ends in another way is left as it is.
"""

from typing import Any, NamedTuple

_SIDE = 2  # of what an upsampling turns one point into
_NO_EDGE = [0, 0]


class _Upsampling(NamedTuple):
    """A transposed convolution that turns each point into 2 x 2 of its own, and what is added."""

    source: Any
    weights: Any  # input channels x output channels x 2 x 2
    bias: Any


def join_upsamplings(model: Any) -> None:
    """Calculate the two last upsamplings of a detector at the size of the image before them.

    The last three layers (section 3.2 of the paper in `line_finder`) turn each point of a quarter
    of the sides into 4 x 4 points, without looking at its neighbors. So they are a layer for each
    point with an output for each of the 16, which are put in their places at the end.
    """
    import numpy as np
    from openvino import opset13

    result = model.get_results()[0]
    sigmoid = _before(result)
    second = _upsampling(_before(sigmoid)) if sigmoid.get_type_name() == "Sigmoid" else None
    relu = second.source.get_node() if second else None
    if second is None or relu is None or relu.get_type_name() != "Relu":
        return
    first = _upsampling(_before(relu))
    if first is None or second.weights.shape[1] != 1:
        return

    # The channels of both point layers: for each place in 2 x 2 those of the first upsampling, then
    # for each place in 4 x 4 the only one of the second.
    channels, middle = first.weights.shape[:2]
    expand = first.weights.transpose(2, 3, 1, 0).reshape(-1, channels)
    places = np.zeros((_SIDE, _SIDE, _SIDE, _SIDE, len(expand)), dtype=np.float32)
    for row, column in np.ndindex(_SIDE, _SIDE):
        start = (row * _SIDE + column) * middle
        own = second.weights[:, 0].transpose(1, 2, 0)
        places[row, :, column, :, start : start + middle] = own
    reduce = places.reshape(_SIDE**4, -1)

    hidden = _point_layer(first.source, expand, np.tile(first.bias, _SIDE**2))
    marked = _point_layer(opset13.relu(hidden), reduce, np.tile(second.bias, _SIDE**4))
    placed = opset13.depth_to_space(opset13.sigmoid(marked), "blocks_first", _SIDE**2)
    result.input(0).replace_source_output(placed.output(0))
    model.validate_nodes_and_infer_types()


def _upsampling(add: Any) -> _Upsampling | None:
    """Return the upsampling whose output a constant is added to, None for anything else."""
    if add.get_type_name() != "Add":
        return None
    terms = [_output(add, index) for index in range(2)]
    nodes = [term.get_node() for term in terms]
    kinds = [node.get_type_name() for node in nodes]
    if set(kinds) != {"ConvolutionBackpropData", "Constant"}:
        return None
    upsampling, bias = (
        nodes[kinds.index(kind)] for kind in ("ConvolutionBackpropData", "Constant")
    )
    weights = upsampling.input_value(1).get_node()
    if weights.get_type_name() != "Constant" or bias.data.size != weights.data.shape[1]:
        return None
    # With the size of its output as another input, it could have edges.
    if upsampling.get_input_size() > 2 or not _is_plain(upsampling, weights):  # noqa: PLR2004
        return None
    return _Upsampling(_output(upsampling, 0), weights.data, bias.data.reshape(-1))


def _is_plain(upsampling: Any, weights: Any) -> bool:
    """Say whether each point becomes 2 x 2 points that no other one reaches."""
    said = upsampling.get_attributes()
    edges = ("pads_begin", "pads_end", "output_padding")
    sides = [list(weights.data.shape[2:]), list(said["strides"])]
    return sides == [[_SIDE, _SIDE]] * 2 and all(list(said[edge]) == _NO_EDGE for edge in edges)


def _point_layer(source: Any, weights: Any, bias: Any) -> Any:
    """Return a layer that looks at one point at a time; weights are outputs x inputs."""
    from openvino import opset13

    kernel = opset13.constant(weights[:, :, None, None].copy())
    layer = opset13.convolution(source, kernel, [1, 1], _NO_EDGE, _NO_EDGE, [1, 1])
    return opset13.add(layer, opset13.constant(bias[None, :, None, None].copy()))


def _before(node: Any) -> Any:
    return _output(node, 0).get_node()


def _output(node: Any, index: int) -> Any:
    """Return what goes into a node, past the copies that converters leave in a network."""
    output = node.input_value(index)
    while output.get_node().get_type_name() == "Identity":
        output = output.get_node().input_value(0)
    return output
