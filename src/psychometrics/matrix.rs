//! The little linear algebra that standard errors need.

/// Solves `m x = y` for a square matrix by rows, with partial pivoting; none if it is singular.
pub(super) fn solve(mut m: Vec<Vec<f64>>, mut y: Vec<f64>) -> Option<Vec<f64>> {
    let n = y.len();
    for column in 0..n {
        let pivot =
            (column..n).max_by(|a, b| m[*a][column].abs().total_cmp(&m[*b][column].abs()))?;
        if m[pivot][column].abs() < 1e-300 {
            return None;
        }
        m.swap(column, pivot);
        y.swap(column, pivot);
        for row in column + 1..n {
            let factor = m[row][column] / m[column][column];
            if factor != 0.0 {
                let (upper, lower) = m.split_at_mut(row);
                for (below, above) in lower[0][column..].iter_mut().zip(&upper[column][column..]) {
                    *below -= factor * above;
                }
                y[row] -= factor * y[column];
            }
        }
    }
    for row in (0..n).rev() {
        let known: f64 = (row + 1..n).map(|column| m[row][column] * y[column]).sum();
        y[row] = (y[row] - known) / m[row][row];
    }
    Some(y)
}

/// The inverse of a square matrix; none if it is singular.
pub(super) fn inverse(m: &[Vec<f64>]) -> Option<Vec<Vec<f64>>> {
    let n = m.len();
    let columns = (0..n).map(|column| {
        let unit = (0..n).map(|row| f64::from(u8::from(row == column)));
        solve(m.to_vec(), unit.collect())
    });
    let columns: Vec<Vec<f64>> = columns.collect::<Option<_>>()?;
    let row = |row: usize| columns.iter().map(|column| column[row]).collect();
    Some((0..n).map(row).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_inverse_undoes_its_matrix() {
        let m = vec![
            vec![0.0, 2.0, 1.0],
            vec![1.0, -1.0, 0.5],
            vec![3.0, 0.25, 4.0],
        ];
        let inverse = inverse(&m).unwrap();
        let unit = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
        for (row, unit) in m.iter().zip(unit) {
            for (column, one) in unit.into_iter().enumerate() {
                let product = row.iter().zip(&inverse).map(|(a, b)| a * b[column]);
                assert!((product.sum::<f64>() - one).abs() < 1e-12);
            }
        }
    }

    #[test]
    fn a_singular_matrix_has_none() {
        assert!(inverse(&[vec![1.0, 2.0], vec![2.0, 4.0]]).is_none());
    }
}
