//! How large the documents of a population are.

use crate::stream::Stream;

/// No document is aimed at being larger than this.
pub(crate) const MOST: usize = 4_000_000;

/// A share of the population whose documents have sizes in one range.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Band {
    /// Its weight among the bands.
    pub weight: u32,
    /// Smallest size aimed at, in bytes.
    pub from: u32,
    /// Largest size aimed at, in bytes.
    pub to: u32,
}

/// The distribution of document sizes. What a document comes out at is within a few per cent of
/// what is aimed at, but never below what its heading and first entries take (about 5 KB).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sizes {
    /// The bands.
    pub bands: Vec<Band>,
    /// Of so many patients with successive indexes, exactly one has a document of the size
    /// [`Sizes::longest`]; 0 for none.
    pub longest_every: u32,
    /// The size of that document, in bytes.
    pub longest: u32,
}

impl Default for Sizes {
    /// As published records have it: most are short, a few are very long.
    fn default() -> Self {
        let band = |weight, from, to| Band { weight, from, to };
        Self {
            bands: vec![
                band(14, 5_000, 9_000),
                band(40, 9_000, 18_000),
                band(26, 18_000, 32_000),
                band(13, 32_000, 70_000),
                band(5, 70_000, 150_000),
                band(2, 150_000, 300_000),
            ],
            longest_every: 200,
            longest: 395_000,
        }
    }
}

impl Sizes {
    /// The size aimed at for one patient.
    pub(crate) fn draw(&self, index: u32, stream: &mut Stream) -> usize {
        if self.longest_every > 0 && index % self.longest_every == self.longest_every / 3 * 2 {
            return self.longest as usize;
        }
        let total = self
            .bands
            .iter()
            .fold(0, |sum: u32, band| sum.saturating_add(band.weight));
        let mut at = stream.below(total);
        for band in &self.bands {
            if at < band.weight {
                return stream.between(band.from, band.to) as usize;
            }
            at -= band.weight;
        }
        0
    }
}
