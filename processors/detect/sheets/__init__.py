"""What a workbook hides and how its cells show numbers, which libraries for values leave out."""
