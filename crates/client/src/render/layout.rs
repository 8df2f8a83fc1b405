//! Wrapping text and aligning tables for a terminal.

/// Columns never get narrower than this while there is room to take it from elsewhere.
const NARROWEST: usize = 6;
/// Between columns.
const GAP: &str = "  ";

/// Text made safe for a terminal: control characters, which could move the cursor or forge
/// output, and the invisible characters that turn the direction of text, become U+FFFD.
pub(super) fn safe(text: &str) -> String {
    text.chars()
        .map(|c| if is_unsafe(c) { '\u{fffd}' } else { c })
        .collect()
}

fn is_unsafe(c: char) -> bool {
    (c.is_control() && c != '\n')
        || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// Breaks text into lines of at most `width` characters, at blanks where there are any. Line
/// feeds in the text are kept.
pub(super) fn wrap(text: &str, width: usize) -> Vec<String> {
    let width = width.max(1);
    text.split('\n')
        .flat_map(|line| wrap_line(line, width))
        .collect()
}

fn wrap_line(line: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    let mut used = 0;
    for word in line.split(' ').filter(|word| !word.is_empty()) {
        let length = word.chars().count();
        if used > 0 && used + 1 + length > width {
            lines.push(String::new());
            used = 0;
        }
        for c in (if used > 0 { Some(' ') } else { None })
            .into_iter()
            .chain(word.chars())
        {
            if used == width {
                lines.push(String::new());
                used = 0;
            }
            if let Some(last) = lines.last_mut() {
                last.push(c);
            }
            used += 1;
        }
    }
    lines
}

/// Lays rows out in aligned columns that together are at most `width` characters wide, if that
/// can be. Cells are wrapped. Each inner list is the lines of one row.
pub(super) fn columns(rows: &[Vec<String>], width: usize) -> Vec<Vec<String>> {
    let widths = widths(rows, width);
    rows.iter().map(|row| lay_row(row, &widths)).collect()
}

/// How wide a table laid out so is.
pub(super) fn total(rows: &[Vec<String>], width: usize) -> usize {
    let widths = widths(rows, width);
    widths.iter().sum::<usize>() + GAP.len() * widths.len().saturating_sub(1)
}

fn widths(rows: &[Vec<String>], width: usize) -> Vec<usize> {
    let count = rows.iter().map(Vec::len).max().unwrap_or(0);
    let longest_line = |cell: &String| cell.split('\n').map(|l| l.chars().count()).max();
    let mut widths: Vec<usize> = (0..count)
        .map(|at| {
            rows.iter()
                .filter_map(|row| row.get(at))
                .filter_map(longest_line)
                .max()
        })
        .map(|longest| longest.unwrap_or(0).max(1))
        .collect();
    let room = width.saturating_sub(GAP.len() * count.saturating_sub(1));
    shrink(&mut widths, room);
    widths
}

/// Takes from the widest columns until they fit.
fn shrink(widths: &mut [usize], room: usize) {
    loop {
        let excess = widths.iter().sum::<usize>().saturating_sub(room);
        let widest = widths.iter().copied().max().unwrap_or(0);
        if excess == 0 || widest <= NARROWEST {
            return;
        }
        let next = widths
            .iter()
            .copied()
            .filter(|w| *w < widest)
            .max()
            .unwrap_or(0);
        let sharing = widths.iter().filter(|w| **w == widest).count();
        // At least one each, at most down to the next widest column.
        let step = excess
            .div_ceil(sharing)
            .min(widest - next.max(NARROWEST))
            .max(1);
        for width in widths.iter_mut().filter(|w| **w == widest) {
            *width -= step;
        }
    }
}

fn lay_row(row: &[String], widths: &[usize]) -> Vec<String> {
    let cells: Vec<Vec<String>> = widths
        .iter()
        .enumerate()
        .map(|(at, w)| wrap(row.get(at).map_or("", |c| c), *w))
        .collect();
    let height = cells.iter().map(Vec::len).max().unwrap_or(0);
    (0..height)
        .map(|line| {
            let parts: Vec<String> = cells
                .iter()
                .zip(widths)
                .map(|(cell, width)| format!("{:<width$}", cell.get(line).map_or("", |c| c)))
                .collect();
            parts.join(GAP).trim_end().to_owned()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn words_wrap_and_long_words_break() {
        assert_eq!(wrap("a bb ccc", 4), ["a bb", "ccc"]);
        assert_eq!(wrap("abcdef", 4), ["abcd", "ef"]);
        assert_eq!(wrap("a\n\nb", 4), ["a", "", "b"]);
        assert_eq!(wrap("", 4), [""]);
    }

    #[test]
    fn nothing_reaches_the_terminal_that_could_steer_it() {
        assert_eq!(
            safe("a\u{1b}[2J\u{9b}31m\u{202e}b\nc"),
            "a\u{fffd}[2J\u{fffd}31m\u{fffd}b\nc"
        );
    }

    #[test]
    fn columns_align() {
        let rows = [
            vec!["Date".to_owned(), "Item".to_owned()],
            vec!["1 May".to_owned(), "one two three".to_owned()],
        ];
        assert_eq!(
            columns(&rows, 16),
            [vec!["Date   Item"], vec!["1 May  one two", "       three"]]
        );
    }

    proptest! {
        #[test]
        fn lines_fit_and_no_letter_is_lost(text in "[a-z \n]{0,200}", width in 1usize..40) {
            let lines = wrap(&text, width);
            prop_assert!(lines.iter().all(|line| line.chars().count() <= width));
            let letters = |t: &str| t.chars().filter(char::is_ascii_lowercase).collect::<String>();
            prop_assert_eq!(letters(&lines.concat()), letters(&text));
        }

        #[test]
        fn tables_fit_when_they_can(
            rows in prop::collection::vec(prop::collection::vec("[a-z ]{0,40}", 0..6), 0..6),
            width in 60usize..120,
        ) {
            for line in columns(&rows, width).iter().flatten() {
                prop_assert!(line.chars().count() <= width);
            }
        }
    }
}
