//! A link as a picture to photograph, in blocks of text.

use fast_qr::qr::QRBuilder;

/// Light modules around the code, without which cameras do not find it.
const QUIET_MODULES: usize = 2;

/// Black paper under white ink, whatever the terminal's own colours are.
const INK: (&str, &str) = ("\u{1b}[97;40m", "\u{1b}[0m");

/// The QR code of `text`, two rows of modules in each line; `None` when the text is too long for one.
///
/// Light modules are drawn in ink and dark ones left out, as terminals are mostly dark; most phones read the inverse too.
/// With `coloured` the colours are set, so that it is right in every terminal.
pub(crate) fn drawn(text: &str, coloured: bool) -> Option<String> {
    let code = QRBuilder::new(text).build().ok()?;
    let size = code.size;
    let light = |row: usize, column: usize| {
        let inside = |at: usize| (QUIET_MODULES..size + QUIET_MODULES).contains(&at);
        !(inside(row) && inside(column) && code[row - QUIET_MODULES][column - QUIET_MODULES].value())
    };
    let full = size + 2 * QUIET_MODULES;
    let mut picture = String::new();
    for row in (0..full).step_by(2) {
        picture.push_str(if coloured { INK.0 } else { "" });
        for column in 0..full {
            let lower = row + 1 < full && light(row + 1, column);
            picture.push(match (light(row, column), lower) {
                (true, true) => '█',
                (true, false) => '▀',
                (false, true) => '▄',
                (false, false) => ' ',
            });
        }
        picture.push_str(if coloured { INK.1 } else { "" });
        picture.push('\n');
    }
    Some(picture)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_link_becomes_a_square_with_a_quiet_edge() {
        let picture = drawn("https://watch.example.org/i/0123456789abcdefghjk", false).expect("short enough");
        let lines: Vec<&str> = picture.lines().collect();
        let width = lines[0].chars().count();
        assert!(lines.iter().all(|line| line.chars().count() == width));
        assert_eq!(lines.len(), width.div_ceil(2));
        assert!(lines[0].chars().all(|block| block == '█'));
    }

    #[test]
    fn a_text_that_fits_into_no_code_is_not_drawn() {
        assert!(drawn(&"x".repeat(8_000), true).is_none());
    }
}
