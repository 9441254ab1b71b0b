//! Columns.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use crate::style::{Color, Style};

/// Columns between two cells.
const GAP: usize = 2;

/// One cell: its text, safe to print, and its colour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cell {
    text: String,
    color: Color,
}

impl Cell {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self { text: text.into(), color: Color::Plain }
    }

    pub(crate) fn paint(mut self, color: Color) -> Self {
        self.color = color;
        self
    }
}

/// A table: titles with the most columns that each may take, and rows of as many cells.
///
/// What is longer is cut and ends with `...`. Wide characters count as two.
pub(crate) fn table(titles: &[(&str, usize)], rows: &[Vec<Cell>], style: &Style) -> String {
    let title = |(text, _): &(&str, usize)| Cell::new(*text).paint(Color::Heading);
    let head: Vec<Cell> = titles.iter().map(title).collect();
    let widths: Vec<usize> = titles
        .iter()
        .enumerate()
        .map(|(column, (title, most))| {
            let cells = rows.iter().filter_map(|row| row.get(column));
            let widest = cells.map(|cell| cell.text.width()).max().unwrap_or(0);
            widest.min(*most).max(title.width())
        })
        .collect();
    std::iter::once(&head).chain(rows).map(|row| line(row, &widths, style)).collect()
}

fn line(row: &[Cell], widths: &[usize], style: &Style) -> String {
    let mut out = String::new();
    let mut pad = 0;
    for (cell, width) in row.iter().zip(widths) {
        out.push_str(&" ".repeat(pad));
        let text = cut(&cell.text, *width);
        pad = width.saturating_sub(text.width()) + GAP;
        out.push_str(&style.paint(cell.color, &text));
    }
    out.push('\n');
    out
}

/// The beginning of a text that takes at most so many columns.
pub(crate) fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let dots = ".".repeat(width.min(3));
    let mut left = width - dots.len();
    let mut kept = String::new();
    for c in text.chars() {
        let columns = c.width().unwrap_or(0);
        if columns > left {
            break;
        }
        left -= columns;
        kept.push(c);
    }
    kept + &dots
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cuts_count_columns() {
        for (text, width, expected) in [
            ("plain", 5, "plain"),
            ("longer than that", 8, "longe..."),
            ("水門水門", 8, "水門水門"),
            ("水門水門", 7, "水門..."),
            ("水門水門", 6, "水..."),
            ("abc", 2, ".."),
            ("abc", 0, ""),
            ("e\u{301}e\u{301}e\u{301}e\u{301}", 4, "e\u{301}e\u{301}e\u{301}e\u{301}"),
        ] {
            assert_eq!(cut(text, width), expected, "{text:?} {width}");
            assert!(cut(text, width).width() <= width);
        }
    }

    #[test]
    fn columns_are_as_wide_as_their_widest_cell_and_lines_end_clean() {
        let rows = vec![
            vec![Cell::new("水門"), Cell::new("x")],
            vec![Cell::new("a"), Cell::new("yy")],
            vec![Cell::new("very long name"), Cell::new("")],
        ];
        let text = table(&[("N", 8), ("STATE", 5)], &rows, &Style::PLAIN);
        assert_eq!(text, "N         STATE\n水門      x\na         yy\nvery ...  \n");
    }
}
