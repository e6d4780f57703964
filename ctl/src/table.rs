//! Plain tables: a header, a line, rows; numbers on the right.

use comfy_table::{CellAlignment, LineStyle, Table, TableStyle};

/// A column: its title, and the side that its cells keep to.
#[derive(Clone, Copy)]
pub enum Column {
    /// Words.
    Left(&'static str),
    /// Numbers.
    Right(&'static str),
}

const STYLE: TableStyle =
    TableStyle::new().header_separator(LineStyle::none().fill('─').junction('─'));

/// The rows under their header.
pub fn table(columns: &[Column], rows: impl IntoIterator<Item = Vec<String>>) -> String {
    let mut table = Table::new();
    table.load_style(STYLE);
    table.set_header(columns.iter().map(|column| match column {
        Column::Left(title) | Column::Right(title) => *title,
    }));
    table.add_rows(rows);
    for (index, column) in columns.iter().enumerate() {
        if let (Column::Right(_), Some(column)) = (column, table.column_mut(index)) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let lines = table.lines().map(|line| line.trim_end().to_owned());
    lines.fold(String::new(), |text, line| text + &line + "\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_to_the_right() {
        let rows = [["es", "5"], ["nq-fade", "-12"]].map(|row| row.map(str::to_owned).to_vec());
        let text = table(&[Column::Left("bot"), Column::Right("held")], rows);
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 4);
        assert!(lines[1].trim().chars().all(|c| c == '─'), "{text}");
        let ends = [0, 2, 3].map(|line| lines[line].trim_end().len());
        assert!(ends.iter().all(|end| *end == ends[0]), "{text}");
    }
}
