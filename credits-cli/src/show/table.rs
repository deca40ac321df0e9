//! Tables for people: a header, rows, no lines. Figures are at the right of their columns.

use comfy_table::presets::{ASCII_MARKDOWN, NOTHING};
use comfy_table::{CellAlignment, ContentArrangement};

/// A table.
pub(crate) struct Table {
    table: comfy_table::Table,
}

impl Table {
    /// A table with these headings. A column whose heading begins with `>` has figures.
    pub(crate) fn new(headings: &[&str]) -> Self {
        let mut table = comfy_table::Table::new();
        table.load_style(NOTHING).set_header(headings.iter().map(|heading| heading.trim_start_matches('>')));
        for (place, heading) in headings.iter().enumerate() {
            if let Some(column) = table.column_mut(place).filter(|_| heading.starts_with('>')) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        Self { table }
    }

    pub(crate) fn row(&mut self, cells: impl IntoIterator<Item = String>) {
        self.table.add_row(cells);
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.table.is_empty()
    }

    /// The lines of the table, broken at this width; the text for an empty table without rows.
    pub(crate) fn shown(mut self, width: Option<u16>, empty: &str) -> String {
        if self.is_empty() {
            return empty.to_owned();
        }
        if let Some(width) = width {
            self.table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width);
        }
        // The style has a space around each cell.
        let lines =
            self.table.lines().map(|line| line.strip_prefix(' ').unwrap_or(&line).trim_end().to_owned());
        lines.collect::<Vec<_>>().join("\n")
    }

    /// The table as Markdown.
    pub(crate) fn markdown(mut self) -> String {
        self.table.load_style(ASCII_MARKDOWN);
        self.table.to_string()
    }
}
