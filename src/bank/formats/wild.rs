//! The wildcards of Moodle's short answers: `*` stands for anything, `\*` for itself.

/// A form without its wildcards, and whether it had any.
pub(super) fn without_wildcards(form: &str) -> (String, bool) {
    let mut plain = String::with_capacity(form.len());
    let mut wild = false;
    for c in form.chars() {
        if c != '*' {
            plain.push(c);
        } else if plain.ends_with('\\') {
            plain.pop();
            plain.push('*');
        } else {
            wild = true;
        }
    }
    let plain = if wild { plain.trim().to_owned() } else { plain };
    (plain, wild)
}

/// A form that [`without_wildcards`] reads back.
pub(super) fn with_stars(form: &str) -> String {
    form.replace('*', "\\*")
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_star_is_anything_and_an_escaped_star_is_a_star() {
        assert_eq!(without_wildcards("*光合*"), ("光合".to_owned(), true));
        assert_eq!(without_wildcards("2\\*3"), ("2*3".to_owned(), false));
        assert_eq!(without_wildcards("*"), (String::new(), true));
    }

    proptest! {
        #[test]
        fn stars_are_read_back(form in "[a*\\\\]{0,8}") {
            prop_assert_eq!(without_wildcards(&with_stars(&form)), (form, false));
        }
    }
}
