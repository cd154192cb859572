//! Expressions of templates, over exact rational numbers: what a template computes is the same on
//! every machine.

use std::collections::BTreeMap;

use num_rational::Ratio;
use num_traits::{CheckedAdd, CheckedDiv, CheckedMul, CheckedSub, Signed as _};

/// An exact number.
pub type Number = Ratio<i128>;

/// Most characters of an expression.
const LENGTH_MAX: usize = 500;
/// Most brackets and functions inside each other.
const DEPTH_MAX: usize = 40;

/// Why an expression has no value. A template in which that happens is faulty.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ExpressionError {
    /// It cannot be read.
    #[error("it cannot be read")]
    Syntax,
    /// It names what is no variable and no function.
    #[error("it names what is not there")]
    Unknown,
    /// A number where a truth belongs, or the other way round.
    #[error("a number stands where true or false belongs, or the other way round")]
    Kind,
    /// A function got too few or too many numbers, or one it has no value for.
    #[error("a function has no value for what it is given")]
    Domain,
    /// It divides by zero.
    #[error("it divides by zero")]
    Division,
    /// A number beyond what can be held.
    #[error("a number is too large")]
    Range,
}

use ExpressionError::{Division, Domain, Kind, Range, Syntax, Unknown};

/// What an expression comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Value {
    Number(Number),
    Truth(bool),
}

/// A number for each name.
pub type Numbers = BTreeMap<String, Number>;

/// An expression that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expression(Tree);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Tree {
    Number(Number),
    Name(String),
    Minus(Box<Tree>),
    Not(Box<Tree>),
    Two(Operator, Box<Tree>, Box<Tree>),
    Call(Function, Vec<Tree>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Or,
    And,
    Equal,
    Differs,
    Less,
    LessOrEqual,
    More,
    MoreOrEqual,
    Plus,
    Minus,
    Times,
    Over,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Function {
    Floor,
    Ceil,
    Abs,
    Min,
    Max,
    Mod,
    Gcd,
    Lcm,
    Pow,
    Comb,
    Fact,
    Round,
}

/// Each function with the fewest and the most numbers it takes.
const FUNCTIONS: [(&str, Function, usize, usize); 12] = [
    ("floor", Function::Floor, 1, 1),
    ("ceil", Function::Ceil, 1, 1),
    ("abs", Function::Abs, 1, 1),
    ("min", Function::Min, 1, 99),
    ("max", Function::Max, 1, 99),
    ("mod", Function::Mod, 2, 2),
    ("gcd", Function::Gcd, 2, 2),
    ("lcm", Function::Lcm, 2, 2),
    ("pow", Function::Pow, 2, 2),
    ("comb", Function::Comb, 2, 2),
    ("fact", Function::Fact, 1, 1),
    ("round", Function::Round, 2, 2),
];

/// Whether a variable may not be called so: it is a word of the language.
pub fn is_reserved(name: &str) -> bool {
    ["and", "or", "not"].contains(&name) || FUNCTIONS.iter().any(|(known, ..)| *known == name)
}

impl Expression {
    /// Reads an expression.
    pub fn parse(text: &str) -> Result<Self, ExpressionError> {
        if text.len() > LENGTH_MAX {
            return Err(Syntax);
        }
        let mut reader = Reader {
            tokens: tokens(text)?,
            at: 0,
            depth: 0,
        };
        let tree = reader.or()?;
        (reader.at == reader.tokens.len())
            .then_some(Self(tree))
            .ok_or(Syntax)
    }

    /// The number it comes to.
    pub fn number(&self, names: &Numbers) -> Result<Number, ExpressionError> {
        number(&self.0, names)
    }

    /// Whether it holds.
    pub fn holds(&self, names: &Numbers) -> Result<bool, ExpressionError> {
        truth(&self.0, names)
    }

    /// The name that it is and nothing else.
    pub fn name(&self) -> Option<&str> {
        match &self.0 {
            Tree::Name(name) => Some(name),
            _ => None,
        }
    }
}

fn value(tree: &Tree, names: &Numbers) -> Result<Value, ExpressionError> {
    Ok(match tree {
        Tree::Number(number) => Value::Number(*number),
        Tree::Name(name) => Value::Number(*names.get(name).ok_or(Unknown)?),
        Tree::Minus(of) => Value::Number(-number(of, names)?),
        Tree::Not(of) => Value::Truth(!truth(of, names)?),
        Tree::Two(Operator::Or, a, b) => Value::Truth(truth(a, names)? || truth(b, names)?),
        Tree::Two(Operator::And, a, b) => Value::Truth(truth(a, names)? && truth(b, names)?),
        Tree::Two(operator, a, b) => two(*operator, number(a, names)?, number(b, names)?)?,
        Tree::Call(function, given) => {
            let given = given.iter().map(|tree| number(tree, names));
            let given: Vec<Number> = given.collect::<Result<_, _>>()?;
            Value::Number(call(*function, &given)?)
        }
    })
}

fn number(tree: &Tree, names: &Numbers) -> Result<Number, ExpressionError> {
    match value(tree, names)? {
        Value::Number(number) => Ok(number),
        Value::Truth(_) => Err(Kind),
    }
}

fn truth(tree: &Tree, names: &Numbers) -> Result<bool, ExpressionError> {
    match value(tree, names)? {
        Value::Truth(truth) => Ok(truth),
        Value::Number(_) => Err(Kind),
    }
}

fn two(operator: Operator, a: Number, b: Number) -> Result<Value, ExpressionError> {
    Ok(match operator {
        Operator::Plus => Value::Number(a.checked_add(&b).ok_or(Range)?),
        Operator::Minus => Value::Number(a.checked_sub(&b).ok_or(Range)?),
        Operator::Times => Value::Number(a.checked_mul(&b).ok_or(Range)?),
        Operator::Over => Value::Number(over(a, b)?),
        Operator::Equal => Value::Truth(a == b),
        Operator::Differs => Value::Truth(a != b),
        Operator::Less => Value::Truth(a < b),
        Operator::LessOrEqual => Value::Truth(a <= b),
        Operator::More => Value::Truth(a > b),
        Operator::MoreOrEqual => Value::Truth(a >= b),
        Operator::Or | Operator::And => return Err(Kind),
    })
}

fn over(a: Number, b: Number) -> Result<Number, ExpressionError> {
    if b == Number::from(0) {
        return Err(Division);
    }
    a.checked_div(&b).ok_or(Range)
}

fn call(function: Function, given: &[Number]) -> Result<Number, ExpressionError> {
    let first = *given.first().ok_or(Domain)?;
    let second = given.get(1).copied().ok_or(Domain);
    Ok(match function {
        Function::Floor => first.floor(),
        Function::Ceil => first.ceil(),
        Function::Abs => first.abs(),
        Function::Min => given.iter().min().copied().ok_or(Domain)?,
        Function::Max => given.iter().max().copied().ok_or(Domain)?,
        Function::Mod => {
            let times = over(first, second?)?.floor();
            let whole = times.checked_mul(&second?).ok_or(Range)?;
            first.checked_sub(&whole).ok_or(Range)?
        }
        Function::Gcd => Number::from(gcd(whole(first)?, whole(second?)?)),
        Function::Lcm => {
            let (a, b) = (whole(first)?, whole(second?)?);
            let parts = a.checked_div(gcd(a, b)).unwrap_or(0);
            Number::from(parts.checked_mul(b).ok_or(Range)?.abs())
        }
        Function::Pow => {
            let times = 0..within(second?, 0, 20)?;
            let one = Number::from(1);
            times
                .into_iter()
                .try_fold(one, |power, _| power.checked_mul(&first).ok_or(Range))?
        }
        Function::Comb => comb(within(first, 0, 10_000)?, within(second?, 0, 10_000)?)?,
        Function::Fact => Number::from((1..=within(first, 0, 20)?).product::<i128>()),
        Function::Round => rounded(first, within(second?, 0, 6)?)?,
    })
}

fn whole(number: Number) -> Result<i128, ExpressionError> {
    number
        .is_integer()
        .then(|| number.to_integer())
        .ok_or(Domain)
}

fn within(number: Number, least: i128, most: i128) -> Result<i128, ExpressionError> {
    let number = whole(number)?;
    (least..=most)
        .contains(&number)
        .then_some(number)
        .ok_or(Domain)
}

fn gcd(a: i128, b: i128) -> i128 {
    let (mut a, mut b) = (a.unsigned_abs(), b.unsigned_abs());
    while b != 0 {
        (a, b) = (b, a % b);
    }
    i128::try_from(a).unwrap_or(i128::MAX)
}

fn comb(n: i128, k: i128) -> Result<Number, ExpressionError> {
    if k > n {
        return Ok(Number::from(0));
    }
    let mut count: i128 = 1;
    for taken in 1..=k.min(n - k) {
        // What stands there is a binomial coefficient after each step, so the division is exact.
        let next = count.checked_mul(n - taken + 1).ok_or(Range)?;
        count = next / taken;
    }
    Ok(Number::from(count))
}

/// To this many decimal places, half away from zero.
pub fn rounded(number: Number, places: i128) -> Result<Number, ExpressionError> {
    let places = u32::try_from(places).map_err(|_| Domain)?;
    let scale = Number::from(10_i128.checked_pow(places).ok_or(Range)?);
    let half = Number::new_raw(1, 2);
    let scaled = number.abs().checked_mul(&scale).ok_or(Range)?;
    let up = scaled.checked_add(&half).ok_or(Range)?.floor();
    Ok(up * number.signum() / scale)
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Number(Number),
    Name(String),
    Sign(&'static str),
}

/// Signs, the longer before those that begin them.
const SIGNS: [&str; 13] = [
    "==", "!=", "<=", ">=", "+", "-", "*", "/", "(", ")", "<", ">", ",",
];

fn tokens(text: &str) -> Result<Vec<Token>, ExpressionError> {
    let mut rest = text.trim();
    let mut tokens = Vec::new();
    while !rest.is_empty() {
        let (token, length) = token(rest)?;
        tokens.push(token);
        rest = rest.get(length..).unwrap_or_default().trim_start();
    }
    Ok(tokens)
}

/// The token at the beginning and its bytes.
fn token(text: &str) -> Result<(Token, usize), ExpressionError> {
    let run = |is: fn(char) -> bool| text.find(|c| !is(c)).unwrap_or(text.len());
    if text.starts_with(|c: char| c.is_ascii_digit()) {
        let length = run(|c| c.is_ascii_digit() || c == '.');
        return Ok((Token::Number(decimal(&text[..length])?), length));
    }
    if text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
        let length = run(|c| c.is_ascii_alphanumeric() || c == '_');
        let name = &text[..length];
        let word = ["and", "or", "not"].into_iter().find(|word| *word == name);
        let token = word.map_or_else(|| Token::Name(name.to_owned()), Token::Sign);
        return Ok((token, length));
    }
    let sign = SIGNS.into_iter().find(|sign| text.starts_with(sign));
    sign.map(|sign| (Token::Sign(sign), sign.len()))
        .ok_or(Syntax)
}

/// A decimal such as `12` or `0.05`, exactly.
pub fn decimal(text: &str) -> Result<Number, ExpressionError> {
    let (whole, part) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if !digits(whole) || !digits(part) {
        return Err(Syntax);
    }
    let number = |text: &str| text.parse::<i128>().map_err(|_| Range);
    let places = u32::try_from(part.len()).map_err(|_| Range)?;
    let scale = 10_i128.checked_pow(places).ok_or(Range)?;
    let all = number(whole)?.checked_mul(scale).ok_or(Range)?;
    let all = all.checked_add(number(part)?).ok_or(Range)?;
    Ok(Number::new(all, scale))
}

/// `or` < `and` < `not` < a comparison < `+ -` < `* /` < minus < brackets, names and functions.
struct Reader {
    tokens: Vec<Token>,
    at: usize,
    depth: usize,
}

impl Reader {
    fn take(&mut self, signs: &[(&str, Operator)]) -> Option<Operator> {
        let Some(Token::Sign(sign)) = self.tokens.get(self.at) else {
            return None;
        };
        let found = signs.iter().find(|(known, _)| known == sign)?.1;
        self.at += 1;
        Some(found)
    }

    fn takes(&mut self, sign: &str) -> bool {
        let is = matches!(self.tokens.get(self.at), Some(Token::Sign(found)) if *found == sign);
        self.at += usize::from(is);
        is
    }

    /// Operators of one rank, from the left.
    fn chain(
        &mut self,
        signs: &[(&str, Operator)],
        part: fn(&mut Self) -> Result<Tree, ExpressionError>,
    ) -> Result<Tree, ExpressionError> {
        let mut tree = part(self)?;
        while let Some(operator) = self.take(signs) {
            tree = Tree::Two(operator, Box::new(tree), Box::new(part(self)?));
        }
        Ok(tree)
    }

    fn or(&mut self) -> Result<Tree, ExpressionError> {
        self.deeper(|reader| reader.chain(&[("or", Operator::Or)], Self::and))
    }

    fn and(&mut self) -> Result<Tree, ExpressionError> {
        self.chain(&[("and", Operator::And)], Self::not)
    }

    fn not(&mut self) -> Result<Tree, ExpressionError> {
        if self.takes("not") {
            return self.deeper(|reader| Ok(Tree::Not(Box::new(reader.not()?))));
        }
        self.comparison()
    }

    /// One comparison: they are not chained.
    fn comparison(&mut self) -> Result<Tree, ExpressionError> {
        let left = self.sum()?;
        let signs = [
            ("==", Operator::Equal),
            ("!=", Operator::Differs),
            ("<=", Operator::LessOrEqual),
            (">=", Operator::MoreOrEqual),
            ("<", Operator::Less),
            (">", Operator::More),
        ];
        let Some(operator) = self.take(&signs) else {
            return Ok(left);
        };
        Ok(Tree::Two(operator, Box::new(left), Box::new(self.sum()?)))
    }

    fn sum(&mut self) -> Result<Tree, ExpressionError> {
        let signs = [("+", Operator::Plus), ("-", Operator::Minus)];
        self.chain(&signs, Self::product)
    }

    fn product(&mut self) -> Result<Tree, ExpressionError> {
        let signs = [("*", Operator::Times), ("/", Operator::Over)];
        self.chain(&signs, Self::unary)
    }

    fn unary(&mut self) -> Result<Tree, ExpressionError> {
        if self.takes("-") {
            return self.deeper(|reader| Ok(Tree::Minus(Box::new(reader.unary()?))));
        }
        self.primary()
    }

    fn primary(&mut self) -> Result<Tree, ExpressionError> {
        if self.takes("(") {
            let inner = self.or()?;
            return self.takes(")").then_some(inner).ok_or(Syntax);
        }
        let token = self.tokens.get(self.at).cloned().ok_or(Syntax)?;
        self.at += 1;
        match token {
            Token::Number(number) => Ok(Tree::Number(number)),
            Token::Name(name) if self.takes("(") => self.function(&name),
            Token::Name(name) => Ok(Tree::Name(name)),
            Token::Sign(_) => Err(Syntax),
        }
    }

    fn function(&mut self, name: &str) -> Result<Tree, ExpressionError> {
        let known = FUNCTIONS.iter().find(|(known, ..)| *known == name);
        let (_, function, fewest, most) = known.ok_or(Unknown)?;
        let mut given = vec![self.deeper(Self::sum)?];
        while self.takes(",") {
            given.push(self.deeper(Self::sum)?);
        }
        if !self.takes(")") {
            return Err(Syntax);
        }
        let fits = (*fewest..=*most).contains(&given.len());
        fits.then_some(Tree::Call(*function, given)).ok_or(Domain)
    }

    fn deeper(
        &mut self,
        read: impl FnOnce(&mut Self) -> Result<Tree, ExpressionError>,
    ) -> Result<Tree, ExpressionError> {
        self.depth += 1;
        if self.depth > DEPTH_MAX {
            return Err(Syntax);
        }
        let tree = read(self);
        self.depth -= 1;
        tree
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn names() -> Numbers {
        let numbers = [("a", Number::from(6)), ("b", Number::from(4))];
        numbers
            .map(|(name, number)| (name.to_owned(), number))
            .into()
    }

    fn number(text: &str) -> Result<String, ExpressionError> {
        Ok(Expression::parse(text)?.number(&names())?.to_string())
    }

    fn is(text: &str, expected: &str) {
        assert_eq!(number(text).as_deref(), Ok(expected), "{text}");
    }

    fn holds(text: &str) -> Result<bool, ExpressionError> {
        Expression::parse(text)?.holds(&names())
    }

    #[test]
    fn arithmetic_is_exact_and_in_its_usual_order() {
        is("a*b/(a+b)", "12/5");
        is("1 - -a * 2", "13");
        is("0.1+0.2", "3/10");
        is("2*3-4/8", "11/2");
        is("-(a-b)*3", "-6");
    }

    #[test]
    fn functions_have_the_values_of_mathematics() {
        is("floor(-7/2)", "-4");
        is("ceil(7/2)", "4");
        is("abs(b-a)", "2");
        is("min(a, b, 5) + max(a, b)", "10");
        is("mod(-7, 3)", "2");
        is("mod(7.5, 2)", "3/2");
        is("gcd(12, 18) + lcm(4, 6)", "18");
        is("pow(3/2, 3)", "27/8");
        is("comb(52, 5)", "2598960");
        is("comb(3, 5)", "0");
        is("fact(5)", "120");
        is("round(2.345, 2) + round(-0.5, 0)", "27/20");
    }

    #[test]
    fn comparisons_are_true_or_false_and_no_numbers() {
        assert_eq!(holds("a > b and not a == b or 1 > 2"), Ok(true));
        assert_eq!(holds("not (a >= 6 and b < 4)"), Ok(true));
        // The second is not asked where the first decides.
        assert_eq!(holds("a == b and 1/0 == 1"), Ok(false));
        assert_eq!(holds("a"), Err(Kind));
        assert_eq!(number("a > b"), Err(Kind));
        assert_eq!(holds("1 < 2 < 3"), Err(Syntax));
    }

    #[test]
    fn what_has_no_value_says_why() {
        assert_eq!(number("a/(b-4)"), Err(Division));
        assert_eq!(number("mod(a, 0)"), Err(Division));
        assert_eq!(number("c"), Err(Unknown));
        assert_eq!(number("sin(1)"), Err(Unknown));
        assert_eq!(number("gcd(1.5, 2)"), Err(Domain));
        assert_eq!(number("pow(2, 21)"), Err(Domain));
        assert_eq!(number("pow(99999999, 20)"), Err(Range));
        assert_eq!(number("floor(1, 2)"), Err(Domain));
        for text in [
            "", "a +", "(a", "a)", "1.", ".5", "a b", "a $ b", "floor(", "1..2",
        ] {
            assert_eq!(number(text), Err(Syntax), "{text}");
        }
        assert_eq!(number(&"(".repeat(400)), Err(Syntax));
        assert_eq!(number(&"-".repeat(400)), Err(Syntax));
    }

    proptest! {
        #[test]
        fn no_text_is_too_strange(text in "[a-c0-9.+*/()<>=!,% -]{0,80}|\\PC{0,80}") {
            if let Ok(read) = Expression::parse(&text) {
                let _ = (read.number(&names()), read.holds(&names()));
            }
        }

        #[test]
        fn rounding_moves_by_half_a_unit_at_most(top in -10_000_i128..10_000, bottom in 1_i128..500, places in 0_i128..4) {
            let number = Number::new(top, bottom);
            let unit = Number::new(1, 10_i128.pow(u32::try_from(places).unwrap()));
            let result = rounded(number, places).unwrap();
            prop_assert!((result - number).abs() * 2 <= unit);
            prop_assert!((result / unit).is_integer());
        }
    }
}
