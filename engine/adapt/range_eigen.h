// SPDX-License-Identifier: GPL-3.0-or-later
#pragma once

/// The one function of librosa_eigen.so (see eigen.h).
extern "C" {

/// Eigenvectors of the eigenvalues first..last (counted from 1, ascending) of a column-major n x n matrix whose lower
/// triangle is given; its content is destroyed. `vectors` receives n x (last - first + 1), column-major, and `values`,
/// which has room for n, as many eigenvalues. Returns LAPACK's info: 0 = done; -1000 = no memory for the workspace.
int rosa_symmetric_eigenvectors(int n, double* matrix, int first, int last, double* vectors, double* values);
}
