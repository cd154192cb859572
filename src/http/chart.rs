//! The bars of a distribution chart, placed. Drawing only: nothing here ranks anybody or anything.

/// One bar of the chart with its band.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bar {
    /// The band in per cent, such as `60–70`.
    pub band: String,
    /// How many are in it.
    pub count: usize,
    /// Left edge.
    pub x: usize,
    /// Upper edge.
    pub y: usize,
    /// Height.
    pub height: usize,
}

impl Bar {
    /// The middle, for labels.
    pub const fn middle(&self) -> usize {
        self.x + WIDTH / 2
    }

    /// Where the count stands, above the bar.
    pub const fn above(&self) -> usize {
        self.y - 4
    }
}

/// The width of a bar.
pub const WIDTH: usize = 40;
/// From one bar to the next.
const STEP: usize = 48;
/// The height of the highest bar.
const HEIGHT: usize = 120;
/// Room above it for its count.
const TOP: usize = 20;
/// The line the bars stand on.
pub const GROUND: usize = TOP + HEIGHT;

/// Places ten bars; the highest one fills the height.
pub fn bars(bands: &[usize; 10]) -> Vec<Bar> {
    let most = bands.iter().copied().max().unwrap_or_default().max(1);
    bands
        .iter()
        .enumerate()
        .map(|(place, &count)| {
            let height = count * HEIGHT / most;
            Bar {
                band: format!("{}–{}", place * 10, place * 10 + 10),
                count,
                x: 4 + place * STEP,
                y: GROUND - height,
                height,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fullest_band_has_the_highest_bar() {
        let bars = bars(&[0, 0, 0, 0, 0, 2, 4, 1, 0, 0]);
        assert_eq!(
            (bars[6].height, bars[5].height, bars[0].height),
            (HEIGHT, HEIGHT / 2, 0)
        );
        assert!(bars.iter().all(|bar| bar.y + bar.height == GROUND));
        assert_eq!(bars[6].band, "60–70");
    }
}
