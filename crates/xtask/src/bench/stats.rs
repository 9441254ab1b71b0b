//! Medians, worst cases and growth.

/// The middle of some numbers; 0 for none.
pub(crate) fn median(numbers: &[f64]) -> f64 {
    let mut sorted = numbers.to_vec();
    sorted.sort_by(f64::total_cmp);
    let middle = sorted.len() / 2;
    match sorted.as_slice() {
        [] => 0.0,
        all if all.len() % 2 == 1 => all[middle],
        all => f64::midpoint(all[middle - 1], all[middle]),
    }
}

/// Quotients of what was measured in the same round.
pub(crate) fn quotients(above: &[f64], below: &[f64]) -> Vec<f64> {
    above.iter().zip(below).map(|(above, below)| above / below).collect()
}

/// The exponent `e` of the curve `y = c * x^e` that is nearest to the points, by least squares of
/// the logarithms.
pub(crate) fn exponent(points: &[(f64, f64)]) -> f64 {
    let logs: Vec<(f64, f64)> = points.iter().map(|(x, y)| (x.ln(), y.ln())).collect();
    let mean =
        |part: fn(&(f64, f64)) -> f64| logs.iter().map(part).sum::<f64>() / logs.len() as f64;
    let (x, y) = (mean(|p| p.0), mean(|p| p.1));
    let covariance: f64 = logs.iter().map(|p| (p.0 - x) * (p.1 - y)).sum();
    let variance: f64 = logs.iter().map(|p| (p.0 - x).powi(2)).sum();
    covariance / variance
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn medians() {
        for (numbers, expected) in
            [(&[][..], 0.0), (&[3.0], 3.0), (&[9.0, 1.0, 2.0], 2.0), (&[4.0, 1.0, 2.0, 8.0], 3.0)]
        {
            assert!((median(numbers) - expected).abs() < 1e-9, "{numbers:?}");
        }
    }

    #[test]
    fn quotients_are_of_the_same_round() {
        assert_eq!(quotients(&[10.0, 30.0], &[2.0, 3.0]), [5.0, 10.0]);
    }

    #[test]
    fn exponents() {
        for expected in [1.0, 2.0, 1.5] {
            let points: Vec<_> =
                [500.0, 1000.0, 5000.0_f64].map(|x| (x, 7.0 * x.powf(expected))).to_vec();
            assert!((exponent(&points) - expected).abs() < 1e-9, "{expected}");
        }
    }
}
