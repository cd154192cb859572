//! Texts of templates: `{expression}` stands for what it comes to.

use std::collections::BTreeMap;

use num_traits::{CheckedMul as _, Signed as _};

use super::expression::{Expression, ExpressionError, Number, Numbers, rounded};

/// Decimal places up to which a number is written as a decimal; beyond it is a fraction.
const DECIMALS: usize = 4;

/// What the variables of an instance stand for.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Values {
    /// Those that are numbers.
    pub numbers: Numbers,
    /// Those that are texts.
    pub texts: BTreeMap<String, String>,
}

impl Values {
    /// Every variable: numbers as whole fractions, texts as they are.
    pub fn in_words(&self) -> BTreeMap<String, String> {
        let numbers = self.numbers.iter();
        let numbers = numbers.map(|(name, number)| (name.clone(), number.to_string()));
        numbers.chain(self.texts.clone()).collect()
    }
}

/// A text with places for numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Text(Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Plain(String),
    Place(Expression, Form),
}

/// How a number is written.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Form {
    percent: bool,
    places: Option<u8>,
}

impl Text {
    /// Reads a text.
    pub fn parse(text: &str) -> Result<Self, ExpressionError> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((plain, after)) = rest.split_once('{') {
            let (place, after) = after.split_once('}').ok_or(ExpressionError::Syntax)?;
            pieces.push(plain_piece(plain)?);
            pieces.push(place_piece(place)?);
            rest = after;
        }
        pieces.push(plain_piece(rest)?);
        Ok(Self(pieces))
    }

    /// The text of an instance.
    pub fn of(&self, values: &Values) -> Result<String, ExpressionError> {
        self.0.iter().map(|piece| piece.of(values)).collect()
    }
}

fn plain_piece(text: &str) -> Result<Piece, ExpressionError> {
    if text.contains(['{', '}']) {
        return Err(ExpressionError::Syntax);
    }
    Ok(Piece::Plain(text.to_owned()))
}

fn place_piece(place: &str) -> Result<Piece, ExpressionError> {
    let (expression, form) = match place.split_once(':') {
        Some((expression, form)) => (expression, form_of(form).ok_or(ExpressionError::Syntax)?),
        None => (place, Form::default()),
    };
    Ok(Piece::Place(Expression::parse(expression)?, form))
}

/// `2`, `%` or `%1`.
fn form_of(text: &str) -> Option<Form> {
    let places = text.strip_prefix('%').unwrap_or(text);
    let percent = places.len() < text.len();
    let places = match places.as_bytes() {
        [] if percent => None,
        [digit @ b'0'..=b'6'] => Some(digit - b'0'),
        _ => return None,
    };
    Some(Form { percent, places })
}

impl Piece {
    fn of(&self, values: &Values) -> Result<String, ExpressionError> {
        let (expression, form) = match self {
            Self::Plain(text) => return Ok(text.clone()),
            Self::Place(expression, form) => (expression, form),
        };
        let text = expression.name().and_then(|name| values.texts.get(name));
        if let (Some(text), true) = (text, *form == Form::default()) {
            return Ok(text.clone());
        }
        let number = expression.number(&values.numbers)?;
        form.write(number)
    }
}

impl Form {
    fn write(self, number: Number) -> Result<String, ExpressionError> {
        let times = Number::from(if self.percent { 100 } else { 1 });
        let number = number.checked_mul(&times).ok_or(ExpressionError::Range)?;
        let digits = match self.places {
            Some(places) => fixed(number, usize::from(places))?,
            None => plain(number)?,
        };
        let sign = if self.percent { "%" } else { "" };
        Ok(digits + sign)
    }
}

/// A whole number, else a decimal of at most four places, else a fraction.
pub fn plain(number: Number) -> Result<String, ExpressionError> {
    if number.is_integer() {
        return Ok(number.to_string());
    }
    let decimal = rounded(number, 4)?;
    if decimal != number {
        return Ok(number.to_string());
    }
    let text = fixed(number, DECIMALS)?;
    Ok(text.trim_end_matches('0').to_owned())
}

/// With exactly this many decimal places.
fn fixed(number: Number, places: usize) -> Result<String, ExpressionError> {
    let places_wide = i128::try_from(places).map_err(|_| ExpressionError::Range)?;
    let scale = (0..places).fold(Number::from(1), |scale, _| scale * 10);
    let units = (rounded(number.abs(), places_wide)? * scale).to_integer();
    let digits = format!("{units:0>width$}", width = places + 1);
    let (whole, part) = digits.split_at(digits.len() - places);
    let sign = if number < Number::from(0) && units != 0 {
        "-"
    } else {
        ""
    };
    let point = if places > 0 { "." } else { "" };
    Ok(format!("{sign}{whole}{point}{part}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn values() -> Values {
        let numbers = [("a", Number::from(6)), ("r", Number::new(1, 8))];
        let who = [("who".to_owned(), "甲队".to_owned())];
        Values {
            numbers: numbers
                .map(|(name, number)| (name.to_owned(), number))
                .into(),
            texts: who.into(),
        }
    }

    fn is(text: &str, expected: &str) {
        let made = Text::parse(text).and_then(|text| text.of(&values()));
        assert_eq!(made.as_deref(), Ok(expected), "{text}");
    }

    #[test]
    fn numbers_stand_in_their_shortest_exact_form() {
        is("{who}需要 {a} 天", "甲队需要 6 天");
        is("{a/4}、{r} 和 {a/9}", "1.5、0.125 和 2/3");
        is("{-a/4}", "-1.5");
        is("{1/3200}", "1/3200");
    }

    #[test]
    fn or_as_they_are_asked_for() {
        is("{a/9:2}", "0.67");
        is("{a/9:0}", "1");
        is("{r:%}", "12.5%");
        is("{a/9:%1}", "66.7%");
        is("{-1/1000:2}", "0.00");
        is("{a:2}", "6.00");
    }

    #[test]
    fn what_cannot_be_read_is_refused() {
        for text in ["{a", "a}", "{a}}", "{}", "{a:}", "{a:7}", "{a:%%}", "{{a}}"] {
            assert_eq!(Text::parse(text), Err(ExpressionError::Syntax), "{text}");
        }
        let text = Text::parse("{who:2}").unwrap();
        assert_eq!(text.of(&values()), Err(ExpressionError::Unknown));
    }
}
