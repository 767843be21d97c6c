"""One page that can be mailed, and a workbook: a verb makes a `Document` of its results, `page` and `write_sheet` do
the rest."""
