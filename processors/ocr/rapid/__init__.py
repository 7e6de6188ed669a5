"""The RapidOCR engine: its networks, and the steps around them."""
