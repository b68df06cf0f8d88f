/* The alternation, from B = 1, C = W:
 *     Q = C rounded to powers of two      B = argmin |W - Q B|      C = argmin |W - C B|
 *     C = 0 where |C| < threshold
 * until Q no longer changes, then W <- Q B with the best B for Q. */
#include "method/smartdeal.h"

#include <math.h>
#include <string.h>

enum { K = SMARTDEAL_COLUMNS, SWEEPS = 12 };

static const double NO_CHANGE = 1e-10; /* of Q between iterations, Frobenius */
static const double SINGULAR =
    1e-14; /* smallest eigenvalue of a Gram matrix that counts, relative */
static const double ALREADY_THERE =
    1e-5; /* |W - Q B| / |W| of a W that is such a product, as floats */
/* A kept coefficient is at least the threshold, rounded to a power of two at least 2/3 of it: with
 * this share of the threshold the zeros of a product can be told from its other coefficients. */
static const double BELOW_POWERS = 0.6;

struct fit {
    size_t rows;
    double q[SMARTDEAL_ROWS][K], b[K][K];
    double error; /* |W - Q B|^2 */
};

/* The nearest power of two by distance, not by ratio; ties go down; at most 32. */
static double nearest_power(double x)
{
    int exponent;
    const double mantissa = frexp(fabs(x), &exponent); /* 0.5 .. 1 */
    if (mantissa == 0.0)
        return 0.0;
    const int p = mantissa <= 0.75 ? exponent - 1 : exponent;
    return copysign(ldexp(1.0, p < SMARTDEAL_MAX_EXPONENT ? p : SMARTDEAL_MAX_EXPONENT), x);
}

/* One Jacobi rotation of the symmetric a in the plane (p, q), gathered in v. */
static void rotate(double a[K][K], double v[K][K], int p, int q)
{
    if (a[p][q] == 0.0)
        return;
    const double theta = 0.5 * atan2(2.0 * a[p][q], a[q][q] - a[p][p]);
    const double c = cos(theta), s = sin(theta);
    for (int i = 0; i < K; i++) {
        const double x = a[i][p], y = a[i][q];
        a[i][p] = c * x - s * y;
        a[i][q] = s * x + c * y;
    }
    for (int i = 0; i < K; i++) {
        const double x = a[p][i], y = a[q][i];
        a[p][i] = c * x - s * y;
        a[q][i] = s * x + c * y;
    }
    for (int i = 0; i < K; i++) {
        const double x = v[i][p], y = v[i][q];
        v[i][p] = c * x - s * y;
        v[i][q] = s * x + c * y;
    }
}

/* Pseudo-inverse of a symmetric positive semi-definite matrix by its eigenvalues (Jacobi). */
static void invert(const double gram[K][K], double inverse[K][K])
{
    double a[K][K], v[K][K] = {
                        {1, 0, 0},
                        {0, 1, 0},
                        {0, 0, 1}
    };
    memcpy(a, gram, sizeof a);
    for (int sweep = 0; sweep < SWEEPS; sweep++)
        for (int p = 0; p < K; p++)
            for (int q = p + 1; q < K; q++)
                rotate(a, v, p, q);
    const double largest = fmax(a[0][0], fmax(a[1][1], a[2][2]));
    memset(inverse, 0, sizeof a);
    for (int e = 0; e < K; e++)
        if (a[e][e] > SINGULAR * largest)
            for (int i = 0; i < K; i++)
                for (int j = 0; j < K; j++)
                    inverse[i][j] += v[i][e] * v[j][e] / a[e][e];
}

/* b = (q' q)^+ q' w: the best B for Q. */
static void solve_basis(struct fit *fit, const double (*w)[K])
{
    double gram[K][K] = {{0}}, right[K][K] = {{0}}, inverse[K][K];
    for (size_t r = 0; r < fit->rows; r++)
        for (int i = 0; i < K; i++)
            for (int j = 0; j < K; j++) {
                gram[i][j] += fit->q[r][i] * fit->q[r][j];
                right[i][j] += fit->q[r][i] * w[r][j];
            }
    invert(gram, inverse);
    memset(fit->b, 0, sizeof fit->b);
    for (int i = 0; i < K; i++)
        for (int j = 0; j < K; j++)
            for (int l = 0; l < K; l++)
                fit->b[i][j] += inverse[i][l] * right[l][j];
}

/* c = w b' (b b')^+: the best C for B. */
static void solve_coefficients(const struct fit *fit, const double (*w)[K], double (*c)[K])
{
    double gram[K][K] = {{0}}, inverse[K][K], from[K][K] = {{0}};
    for (int i = 0; i < K; i++)
        for (int j = 0; j < K; j++)
            for (int l = 0; l < K; l++)
                gram[i][j] += fit->b[i][l] * fit->b[j][l];
    invert(gram, inverse);
    for (int i = 0; i < K; i++)
        for (int j = 0; j < K; j++)
            for (int l = 0; l < K; l++)
                from[i][j] += fit->b[l][i] * inverse[l][j];
    for (size_t r = 0; r < fit->rows; r++)
        for (int j = 0; j < K; j++)
            c[r][j] = w[r][0] * from[0][j] + w[r][1] * from[1][j] + w[r][2] * from[2][j];
}

/* Q from C; returns how far it is from the Q before, squared. */
static double round_coefficients(struct fit *fit, const double (*c)[K])
{
    double change = 0.0;
    for (size_t r = 0; r < fit->rows; r++)
        for (int j = 0; j < K; j++) {
            const double q = nearest_power(c[r][j]);
            change += (q - fit->q[r][j]) * (q - fit->q[r][j]);
            fit->q[r][j] = q;
        }
    return change;
}

static double product(const struct fit *fit, size_t r, int j)
{
    return fit->q[r][0] * fit->b[0][j] + fit->q[r][1] * fit->b[1][j] + fit->q[r][2] * fit->b[2][j];
}

static void alternate(struct fit *fit, const double (*w)[K], double threshold, int iterations)
{
    double c[SMARTDEAL_ROWS][K];
    memcpy(c, w, fit->rows * sizeof *c);
    memset(fit->q, 0, sizeof fit->q);
    for (int i = 0; i + 1 < iterations; i++) {
        if (round_coefficients(fit, c) <= NO_CHANGE * NO_CHANGE && i > 0)
            break;
        solve_basis(fit, w);
        solve_coefficients(fit, w, c);
        for (size_t r = 0; r < fit->rows; r++)
            for (int j = 0; j < K; j++)
                c[r][j] = fabs(c[r][j]) < threshold ? 0.0 : c[r][j];
    }
    round_coefficients(fit, c);
    solve_basis(fit, w);
    fit->error = 0.0;
    for (size_t r = 0; r < fit->rows; r++)
        for (int j = 0; j < K; j++)
            fit->error += (w[r][j] - product(fit, r, j)) * (w[r][j] - product(fit, r, j));
}

static void count_piece(const struct fit *fit, struct smartdeal_count *count)
{
    count->pieces++;
    count->coefficients += fit->rows * K;
    for (size_t r = 0; r < fit->rows; r++)
        for (int j = 0; j < K; j++) {
            int exponent;
            frexp(fit->q[r][j], &exponent);
            const int below = SMARTDEAL_MAX_EXPONENT + 1 - exponent;
            if (fit->q[r][j] == 0.0)
                continue;
            count->nonzero++;
            count->exponents |= UINT64_C(1) << (below < 63 ? below : 63);
        }
}

void smartdeal_fit(double *w, size_t rows, double threshold, int iterations,
                   struct smartdeal_count *count)
{
    struct fit fit = {.rows = rows};
    double(*matrix)[K] = (double(*)[K])w, norm = 0.0;
    for (size_t i = 0; i < rows * K; i++)
        norm += w[i] * w[i];
    alternate(&fit, (const double(*)[K])matrix, BELOW_POWERS * threshold, iterations);
    if (fit.error > ALREADY_THERE * ALREADY_THERE * norm)
        alternate(&fit, (const double(*)[K])matrix, threshold, iterations);
    for (size_t r = 0; r < rows; r++)
        for (int j = 0; j < K; j++)
            matrix[r][j] = product(&fit, r, j);
    count_piece(&fit, count);
}

bool smartdeal_applies(const struct constraint_layer *layer)
{
    return layer->taps == 1 || layer->taps == K * K;
}

void smartdeal_fit_output(const struct constraint_layer *layer, float *w,
                          struct smartdeal_count *count)
{
    const size_t n = layer->in * layer->taps, rows = (n + K - 1) / K;
    const size_t pieces = (rows + SMARTDEAL_ROWS - 1) / SMARTDEAL_ROWS;
    const size_t length =
        (rows + pieces - 1) / pieces; /* of all but the last, which may be shorter */
    for (size_t first = 0; first < rows; first += length) {
        double piece[SMARTDEAL_ROWS * K] = {0};
        const size_t height = rows - first < length ? rows - first : length;
        const size_t begin = first * K, left = n - begin;
        const size_t used = height * K < left ? height * K : left;
        for (size_t i = 0; i < used; i++)
            piece[i] = (double)w[begin + i];
        smartdeal_fit(piece, height, layer->amount, layer->iterations, count);
        for (size_t i = 0; i < used; i++)
            w[begin + i] = (float)piece[i];
    }
}

uint64_t smartdeal_bits(const struct smartdeal_count *count)
{
    uint64_t power_bits = 0;
    while ((UINT64_C(1) << power_bits) < (uint64_t)__builtin_popcountll(count->exponents))
        power_bits++;
    return count->nonzero * (power_bits + 1) + count->coefficients + count->pieces * K * K * 8;
}

/* ---- the constraint ---- */

static size_t one_output(const struct constraint_layer *layer)
{
    (void)layer;
    return 1;
}

static void project(const struct constraint_layer *layer, float *w, size_t outputs, void *scratch)
{
    struct smartdeal_count count = {0};
    (void)scratch;
    for (size_t o = 0; o < outputs && smartdeal_applies(layer); o++)
        smartdeal_fit_output(layer, w + o * layer->in * layer->taps, &count);
}

const struct constraint_class constraint_smartdeal = {
    .name = "smartdeal",
    .option = "threshold",
    .stands_alone = true,
    .unit = one_output,
    .project = project,
};
