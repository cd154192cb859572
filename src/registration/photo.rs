//! Rules for the photograph of a candidate. Pure.

use crate::kernel::error::Kind;
use crate::kernel::{Fault, Problem};
use crate::regulation;

/// Most bytes that are read of an upload.
pub const UPLOAD_MAX: usize = 2 * 1024 * 1024;

/// Fewest and most pixels on each side, for any examination.
const SIDE: std::ops::RangeInclusive<usize> = 200..=2000;
/// Most bytes kept, for any examination; a profile may ask for fewer when one applies.
const BYTES_MAX: usize = 200 * 1024;

/// The kinds of image that are taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ImageFormat {
    /// JPEG.
    Jpeg,
    /// PNG.
    Png,
}

impl ImageFormat {
    /// Its media type.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Jpeg => "image/jpeg",
            Self::Png => "image/png",
        }
    }

    /// By the first bytes of the content, whatever a name or header says.
    fn of(content: &[u8]) -> Option<Self> {
        match imagesize::image_type(content).ok()? {
            imagesize::ImageType::Jpeg => Some(Self::Jpeg),
            imagesize::ImageType::Png => Some(Self::Png),
            _ => None,
        }
    }
}

/// What the rules look at in a photograph.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Photograph {
    /// Format.
    pub format: ImageFormat,
    /// Width in pixels.
    pub width: usize,
    /// Height in pixels.
    pub height: usize,
    /// Size in bytes.
    pub bytes: usize,
}

/// The refusal of an upload that is larger than anybody reads.
pub fn too_large() -> Problem {
    Problem::new(Kind::TooLarge, "photo-upload-too-large").with("limit", "2 MB")
}

/// Reads and checks an uploaded photograph. A declared media type must agree with the content.
pub fn read(content: &[u8], declared: Option<&str>) -> Result<Photograph, Problem> {
    let refused = || Problem::field("photo", "photo-not-an-image");
    if content.len() > UPLOAD_MAX {
        return Err(too_large());
    }
    let format = ImageFormat::of(content).ok_or_else(refused)?;
    if declared.is_some_and(|declared| declared != format.media_type()) {
        return Err(Problem::field("photo", "photo-type-differs"));
    }
    let size = imagesize::blob_size(content).map_err(|_| refused())?;
    let photograph = Photograph {
        format,
        width: size.width,
        height: size.height,
        bytes: content.len(),
    };
    Problem::unless_valid(photograph.general_faults())?;
    Ok(photograph)
}

impl Photograph {
    fn general_faults(&self) -> Vec<Fault> {
        let mut faults = Vec::new();
        if !SIDE.contains(&self.width) || !SIDE.contains(&self.height) {
            let fault = Fault::new("photo", "photo-dimensions");
            faults.push(fault.with("min", SIDE.start()).with("max", SIDE.end()));
        }
        if self.bytes > BYTES_MAX {
            faults.push(Fault::new("photo", "photo-too-heavy").with("max", BYTES_MAX / 1024));
        }
        faults
    }

    /// Where the photograph falls short of what an examination asks.
    pub fn faults_under(&self, asked: regulation::Photo) -> Vec<Fault> {
        let at_least = |have: usize, least: u32| u32::try_from(have).is_ok_and(|h| h >= least);
        let mut faults = Vec::new();
        if !at_least(self.width, asked.width_min) || !at_least(self.height, asked.height_min) {
            let fault = Fault::new("photo", "photo-too-small");
            faults.push(
                fault
                    .with("width", asked.width_min)
                    .with("height", asked.height_min),
            );
        }
        if u32::try_from(self.bytes).is_ok_and(|bytes| bytes <= asked.bytes_max) {
            return faults;
        }
        faults.push(Fault::new("photo", "photo-too-heavy").with("max", asked.bytes_max / 1024));
        faults
    }
}

/// The smallest head of a PNG of this size; enough for the rules, which never look at pixels.
#[cfg(test)]
pub(super) fn sample_png(width: u32, height: u32, bytes: usize) -> Vec<u8> {
    let mut content = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
    content.extend(width.to_be_bytes());
    content.extend(height.to_be_bytes());
    content.resize(bytes, 0);
    content
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(result: Result<Photograph, Problem>) -> &'static str {
        result.unwrap_err().faults[0].code
    }

    #[test]
    fn the_content_decides_what_an_image_is() {
        let png = sample_png(300, 400, 5000);
        let read_png = read(&png, Some("image/png")).unwrap();
        assert_eq!((read_png.width, read_png.height), (300, 400));
        assert_eq!(code(read(&png, Some("image/jpeg"))), "photo-type-differs");
        assert_eq!(
            code(read(b"GIF89a\x20\x01\x20\x01 and so on", None)),
            "photo-not-an-image"
        );
        assert_eq!(code(read(b"<svg/>", None)), "photo-not-an-image");
        assert_eq!(code(read(&[], None)), "photo-not-an-image");
    }

    #[test]
    fn too_small_too_wide_and_too_heavy_are_refused() {
        assert_eq!(
            code(read(&sample_png(199, 400, 500), None)),
            "photo-dimensions"
        );
        assert_eq!(
            code(read(&sample_png(300, 2001, 500), None)),
            "photo-dimensions"
        );
        let heavy = sample_png(300, 400, 200 * 1024 + 1);
        assert_eq!(code(read(&heavy, None)), "photo-too-heavy");
        let huge = read(&vec![0; UPLOAD_MAX + 1], None).unwrap_err();
        assert_eq!(huge.kind, Kind::TooLarge);
    }

    #[test]
    fn an_examination_may_ask_for_more() {
        let asked = regulation::Photo {
            width_min: 276,
            height_min: 354,
            bytes_max: 20480,
        };
        let good = read(&sample_png(276, 354, 20480), None).unwrap();
        assert_eq!(good.faults_under(asked), []);
        let poor = read(&sample_png(275, 354, 20481), None).unwrap();
        assert_eq!(poor.faults_under(asked).len(), 2);
    }
}
