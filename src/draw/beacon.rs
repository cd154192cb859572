//! Public beacons: a value that nobody knows before its time and everybody knows after it. Pure.
//!
//! Which one, and which value of it, is announced before; here a value that is given later is
//! checked against the announcement and brought into the one form that goes into the seed.

use std::fmt;

use drand_verify::{G2PubkeyRfc, Pubkey as _};
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

/// Hash of the drand chain “quicknet” of the League of Entropy (scheme bls-unchained-g1-rfc9380).
pub const QUICKNET: &str = "52db9ba70e0cc0f6eaf7803dd07447a1f5477735fd3f661792ba94600c84e971";
/// Its public key, on G2.
const QUICKNET_KEY: &str = "83cf0f2896adee7eb8b5f01fcad3912212c437e0073e911fb90022d3e760183c8c4b450b6a0a6c3ac6a5776a2d1064510d1fec758c921cc22b0e17e63aaf4bcb5ed66304de9cf809bd274ca73bab4af5a6e9c76a4bc09e76eae8991ef5ece45a";
/// The second of its first round.
const QUICKNET_GENESIS: i64 = 1_692_803_367;
/// Seconds between its rounds.
const QUICKNET_PERIOD: i64 = 3;
/// Fewest rolls of a ten-sided die: 129 bits. Six digits, as in older draws by lot, are 20 bits:
/// all outcomes can be tried in a second.
const ROLLS_MIN: usize = 39;
/// Most characters of a value.
const VALUE_MAX: usize = 2000;

/// A beacon that was announced.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "source", rename_all = "snake_case", deny_unknown_fields)]
pub enum Beacon {
    /// A round of drand quicknet. Its value is the round's signature, 96 hexadecimal digits.
    Drand {
        /// The round.
        round: u64,
    },
    /// A numbered draw of a public lottery that is still to come. Its value is the numbers drawn,
    /// the groups of balls between strokes: `03 11 17 22 30 33 / 06`.
    Lottery {
        /// The lottery.
        name: String,
        /// The number of the draw.
        draw: String,
        /// How many numbers each group has.
        groups: Vec<usize>,
    },
    /// Ten-sided dice, rolled in front of everybody. Its value is the digits, in their order.
    Dice {
        /// How many rolls.
        rolls: usize,
    },
}

/// Why something is no beacon, or no value of the one that was announced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BeaconError {
    /// The announcement itself will not do.
    #[error("such a beacon can be guessed or does not exist")]
    Announcement,
    /// It has another form.
    #[error("that is not how a value of this beacon is written")]
    Form,
    /// The chain did not sign this round with it.
    #[error("that is not the value of this round")]
    Signature,
}

/// The value of a beacon, in the form that goes into the seed.
#[derive(Clone, PartialEq, Eq)]
pub struct BeaconValue(Vec<u8>);

impl fmt::Debug for BeaconValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BeaconValue({})", hex::encode(&self.0))
    }
}

impl BeaconValue {
    /// The bytes.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }
}

impl Beacon {
    /// Refuses a beacon whose value could be guessed.
    pub fn check(&self) -> Result<(), BeaconError> {
        let good = match self {
            Self::Drand { round } => *round > 0,
            Self::Lottery { name, draw, groups } => {
                let named = [name, draw].iter().all(|text| is_plain(text));
                named && !groups.is_empty() && groups.iter().all(|group| *group > 0)
            }
            Self::Dice { rolls } => (ROLLS_MIN..=VALUE_MAX).contains(rolls),
        };
        good.then_some(()).ok_or(BeaconError::Announcement)
    }

    /// The second at which its value becomes known, if the beacon itself says so.
    pub fn second(&self) -> Option<i64> {
        match self {
            Self::Drand { round } => second_of(*round),
            Self::Lottery { .. } | Self::Dice { .. } => None,
        }
    }

    /// Checks a value that was given, and brings it into its one form:
    ///
    /// - drand: SHA-256 of the signature, which is the round's randomness;
    /// - lottery: `NAME/DRAW/3.11.17.22.30.33/6`, each group in ascending order;
    /// - dice: the digits.
    pub fn value(&self, given: &str) -> Result<BeaconValue, BeaconError> {
        if given.len() > VALUE_MAX {
            return Err(BeaconError::Form);
        }
        match self {
            Self::Drand { round } => drand(*round, given.trim()),
            Self::Lottery { name, draw, groups } => lottery(name, draw, groups, given),
            Self::Dice { rolls } => dice(*rolls, given),
        }
        .map(BeaconValue)
    }
}

/// The first round of quicknet at or after a second.
pub fn round_at(second: i64) -> u64 {
    let since = second.saturating_sub(QUICKNET_GENESIS).max(0);
    u64::try_from(since / QUICKNET_PERIOD + i64::from(since % QUICKNET_PERIOD > 0) + 1)
        .unwrap_or_default()
}

fn second_of(round: u64) -> Option<i64> {
    let steps = i64::try_from(round.checked_sub(1)?).ok()?;
    steps
        .checked_mul(QUICKNET_PERIOD)?
        .checked_add(QUICKNET_GENESIS)
}

/// Whether a text can stand between strokes.
fn is_plain(text: &str) -> bool {
    let good = |c: char| !c.is_control() && c != '/';
    (1..=100).contains(&text.chars().count()) && text.trim() == text && text.chars().all(good)
}

fn drand(round: u64, given: &str) -> Result<Vec<u8>, BeaconError> {
    let signature = hex::decode(given).map_err(|_| BeaconError::Form)?;
    if signature.len() != 48 {
        return Err(BeaconError::Form);
    }
    let key = hex::decode(QUICKNET_KEY).map_err(|_| BeaconError::Announcement)?;
    let key = G2PubkeyRfc::from_variable(&key).map_err(|_| BeaconError::Announcement)?;
    match key.verify(round, b"", &signature) {
        Ok(true) => Ok(Sha256::digest(&signature).to_vec()),
        _ => Err(BeaconError::Signature),
    }
}

fn lottery(name: &str, draw: &str, groups: &[usize], given: &str) -> Result<Vec<u8>, BeaconError> {
    let mut text = format!("{name}/{draw}");
    let mut parts = given.split('/');
    for count in groups {
        let part = parts.next().ok_or(BeaconError::Form)?;
        let numbers = part
            .split([' ', ',', '，', '、', '.'])
            .filter(|number| !number.is_empty());
        let numbers = numbers.map(|number| number.trim().parse::<u32>());
        let mut numbers = numbers
            .collect::<Result<Vec<_>, _>>()
            .map_err(|_| BeaconError::Form)?;
        if numbers.len() != *count {
            return Err(BeaconError::Form);
        }
        // Balls are drawn in some order and published in another.
        numbers.sort_unstable();
        let numbers: Vec<String> = numbers.iter().map(u32::to_string).collect();
        text.push('/');
        text.push_str(&numbers.join("."));
    }
    parts
        .next()
        .is_none()
        .then(|| text.into_bytes())
        .ok_or(BeaconError::Form)
}

fn dice(rolls: usize, given: &str) -> Result<Vec<u8>, BeaconError> {
    let digits: Vec<u8> = given
        .bytes()
        .filter(|byte| !byte.is_ascii_whitespace())
        .collect();
    let good = digits.len() == rolls && digits.iter().all(u8::is_ascii_digit);
    good.then_some(digits).ok_or(BeaconError::Form)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Round 123 of quicknet, as the chain published it.
    const ROUND_123: &str = "b75c69d0b72a5d906e854e808ba7e2accb1542ac355ae486d591aa9d43765482e26cd02df835d3546d23c4b13e0dfc92";

    #[test]
    fn a_round_of_drand_is_believed_only_as_that_round() {
        let beacon = Beacon::Drand { round: 123 };
        let value = beacon.value(ROUND_123).unwrap();
        assert_eq!(
            value.bytes(),
            Sha256::digest(hex::decode(ROUND_123).unwrap()).as_slice()
        );
        let next = Beacon::Drand { round: 124 };
        assert_eq!(next.value(ROUND_123), Err(BeaconError::Signature));
        let altered = ROUND_123.replacen("b75c", "b75d", 1);
        assert_eq!(beacon.value(&altered), Err(BeaconError::Signature));
        assert_eq!(beacon.value("b75c"), Err(BeaconError::Form));
        assert_eq!(beacon.value("hello"), Err(BeaconError::Form));
    }

    #[test]
    fn rounds_have_their_seconds() {
        // 2026-04-20T00:00:00Z
        assert_eq!(round_at(1_776_643_200), 27_946_612);
        assert_eq!(second_of(1), Some(QUICKNET_GENESIS));
        assert_eq!(round_at(QUICKNET_GENESIS), 1);
        assert_eq!(round_at(QUICKNET_GENESIS + 1), 2);
        assert_eq!(round_at(0), 1);
        for round in [1, 2, 1000, 27_946_612] {
            assert_eq!(round_at(second_of(round).unwrap()), round);
        }
    }

    #[test]
    fn a_lottery_is_written_in_one_way_however_it_is_given() {
        let beacon = Beacon::Lottery {
            name: "双色球".into(),
            draw: "2026031".into(),
            groups: vec![6, 1],
        };
        assert_eq!(beacon.check(), Ok(()));
        let value = beacon.value("33 03 11 17、22,30 / 06").unwrap();
        assert_eq!(
            value.bytes(),
            "双色球/2026031/3.11.17.22.30.33/6".as_bytes()
        );
        assert_eq!(beacon.value("3.11.17.22.30.33/6"), Ok(value));
        for wrong in [
            "3 11 17 22 30/6",
            "3 11 17 22 30 33",
            "3 11 17 22 30 33/6/1",
            "a b c d e f/6",
        ] {
            assert_eq!(beacon.value(wrong), Err(BeaconError::Form), "{wrong}");
        }
        let stroke = Beacon::Lottery {
            name: "a/b".into(),
            draw: "1".into(),
            groups: vec![1],
        };
        assert_eq!(stroke.check(), Err(BeaconError::Announcement));
    }

    #[test]
    fn dice_are_enough_only_when_nobody_can_try_them_all() {
        let six = Beacon::Dice { rolls: 6 };
        assert_eq!(six.check(), Err(BeaconError::Announcement));
        let dice = Beacon::Dice { rolls: 39 };
        assert_eq!(dice.check(), Ok(()));
        let rolled = "0123456789 0123456789 0123456789 012345678";
        assert_eq!(dice.value(rolled).unwrap().bytes().len(), 39);
        assert_eq!(dice.value("0123456789"), Err(BeaconError::Form));
        assert_eq!(
            dice.value(&rolled.replace('3', "x")),
            Err(BeaconError::Form)
        );
    }

    proptest! {
        #[test]
        fn no_text_makes_it_stumble(text in ".{0,200}", round: u64, rolls in 0usize..100) {
            let _ = Beacon::Drand { round }.value(&text);
            let _ = Beacon::Dice { rolls }.value(&text);
            let lottery = Beacon::Lottery { name: "l".into(), draw: "1".into(), groups: vec![1] };
            let _ = lottery.value(&text);
        }
    }
}
