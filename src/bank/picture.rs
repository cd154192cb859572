//! Pictures (图片) of items and stimuli: what may be one. Pure.

use std::ops::RangeInclusive;

use crate::kernel::Fault;
use crate::kernel::merkle::Hash;
use crate::store::sha256;

/// Most bytes of a picture.
pub const BYTES_MAX: usize = 2 << 20;
/// Pixels of a side.
pub const SIDE: RangeInclusive<usize> = 1..=4096;

/// The forms of pictures. SVG is none of them: it may hold scripts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// PNG.
    Png,
    /// JPEG.
    Jpeg,
    /// GIF.
    Gif,
    /// WebP.
    Webp,
}

impl Format {
    /// All forms.
    pub const ALL: [Self; 4] = [Self::Png, Self::Jpeg, Self::Gif, Self::Webp];

    /// Its media type.
    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Gif => "image/gif",
            Self::Webp => "image/webp",
        }
    }

    /// How names of its files end.
    pub const fn extension(self) -> &'static str {
        match self {
            Self::Png => "png",
            Self::Jpeg => "jpg",
            Self::Gif => "gif",
            Self::Webp => "webp",
        }
    }

    /// Reads what [`Format::media_type`] writes.
    pub fn of_media_type(text: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|format| format.media_type() == text)
    }

    /// By the first bytes, whatever a name says.
    fn of(bytes: &[u8]) -> Option<Self> {
        Some(match imagesize::image_type(bytes).ok()? {
            imagesize::ImageType::Png => Self::Png,
            imagesize::ImageType::Jpeg => Self::Jpeg,
            imagesize::ImageType::Gif => Self::Gif,
            imagesize::ImageType::Webp => Self::Webp,
            _ => return None,
        })
    }
}

/// A picture that may be kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Picture {
    /// What it is known by: SHA-256 of its bytes.
    pub hash: Hash,
    /// Its form.
    pub format: Format,
}

/// Looks at the bytes of a picture.
pub fn read(bytes: &[u8]) -> Result<Picture, Fault> {
    if bytes.len() > BYTES_MAX {
        return Err(Fault::new("picture", "picture-too-large").with("max", BYTES_MAX >> 20));
    }
    let refused = || Fault::new("picture", "picture-unknown");
    let format = Format::of(bytes).ok_or_else(refused)?;
    let size = imagesize::blob_size(bytes).map_err(|_| refused())?;
    if ![size.width, size.height]
        .iter()
        .all(|side| SIDE.contains(side))
    {
        let fault = Fault::new("picture", "picture-side").with("max", SIDE.end());
        return Err(fault.with("width", size.width).with("height", size.height));
    }
    Ok(Picture {
        hash: sha256(bytes),
        format,
    })
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// The smallest PNG there is: its signature, its header and its end.
    pub(crate) fn png(width: u32, height: u32) -> Vec<u8> {
        let mut bytes = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec();
        bytes.extend(width.to_be_bytes());
        bytes.extend(height.to_be_bytes());
        bytes.extend(b"\x08\x06\0\0\0\0\0\0\0");
        bytes.extend(b"\0\0\0\0IEND\xaeB`\x82");
        bytes
    }

    #[test]
    fn a_picture_is_known_by_its_bytes() {
        let picture = read(&png(32, 16)).unwrap();
        assert_eq!(picture.format, Format::Png);
        assert_eq!(picture.hash, sha256(png(32, 16)));
        assert_ne!(picture.hash, read(&png(16, 32)).unwrap().hash);
        for format in Format::ALL {
            assert_eq!(Format::of_media_type(format.media_type()), Some(format));
        }
    }

    #[test]
    fn what_is_no_picture_or_too_large_is_refused() {
        let code = |bytes: &[u8]| read(bytes).unwrap_err().code;
        assert_eq!(code(b"<svg onload='alert(1)'/>"), "picture-unknown");
        assert_eq!(code(b"%PDF-1.7"), "picture-unknown");
        assert_eq!(code(&png(5000, 10)), "picture-side");
        assert_eq!(code(&vec![0; BYTES_MAX + 1]), "picture-too-large");
    }
}
