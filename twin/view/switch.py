"""The part in a window whose keys switch what colours it."""

import pyvista as pv

from twin.view.scene import QUANTITIES, carried_fields, colour_limits, common_limit, deviation_fields, part_scene

HELP = "left, right: source or quantity    l: same colours for all deviations    q: close"


class FieldSwitch:
    """A plotter with the part, and what it is coloured by.

    The right and left arrow keys go through all fields that the part carries; ``l`` gives the deviation and its sources
    one colour range, or each its own again.
    """

    def __init__(
        self,
        part: pv.PolyData,
        field: str = "deviation_um",
        *,
        title: str = "",
        same_limits: bool = False,
        off_screen: bool = False,
    ):
        self.part, self.field, self.same_limits = part, field, same_limits
        self.fields = carried_fields(part)
        self.plotter = part_scene(part, field, title=title, same_limits=same_limits, off_screen=off_screen)
        self._mapper = next(a.mapper for a in self.plotter.actors.values() if getattr(a, "mapper", None))
        self.plotter.add_text(HELP, position="lower_left", font_size=8, color="#606060")
        for key, step in (("Right", 1), ("Left", -1)):
            self.plotter.add_key_event(key, lambda step=step: self.step(step))  # type: ignore[misc]
        self.plotter.add_key_event("l", self.toggle_limits)

    def step(self, by: int) -> None:
        """Show the field that lies ``by`` places after the present one."""
        place = (self.fields.index(self.field) + by) % len(self.fields)
        self.show(self.fields[place])

    def toggle_limits(self) -> None:
        """One colour range for the deviation and all its sources, or each its own."""
        self.same_limits = not self.same_limits
        self.show(self.field)

    def show(self, field: str) -> None:
        """Colour the part by ``field``."""
        quantity, self.field = QUANTITIES[field], field
        together = self.same_limits and field in deviation_fields(self.part)
        limit = common_limit(self.part) if together else None
        self.part.set_active_scalars(field, preference="point")
        self._mapper.array_name = field
        self._mapper.scalar_range = colour_limits(self.part.point_data[field], quantity.symmetric, limit)
        self._mapper.lookup_table.apply_cmap(quantity.colour_map, 256)
        bar = next(iter(self.plotter.scalar_bars.values()))
        bar.SetTitle(quantity.title)
        self.plotter.render()
