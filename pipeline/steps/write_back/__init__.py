"""Write findings and names back to the record, so that nothing a person did is lost.

`plan` decides, `columns`, `attachments` and `move` act, `settle` looks at what a killed run left open.
"""

from pipeline.steps.write_back.plan import plan_record, unplannable
from pipeline.steps.write_back.settle import recognise_echo, recover
from pipeline.steps.write_back.write import write_back

__all__ = ["plan_record", "recognise_echo", "recover", "unplannable", "write_back"]
