#include "method/adc_column.h"

#include <math.h>
#include <string.h>

#include "method/adc_exact.h"

enum { DUAL_STEPS = 40 };

/* ---- digit sums ---- */

struct sums {
    int sum[BIT_SLICE_MAX];
};

static void replace(const struct adc_problem *problem, struct sums *sums, uint8_t from, uint8_t to)
{
    for (int k = 0; k < problem->slices; k++)
        sums->sum[k] += problem->all->digit[to][k] - problem->all->digit[from][k];
}

static struct sums sums_of(const struct adc_problem *problem, const uint8_t *code)
{
    struct sums sums = {{0}};
    for (size_t i = 0; i < problem->n; i++)
        replace(problem, &sums, 0, code[i]);
    return sums;
}

static int is_within(const struct adc_problem *problem, const struct sums *sums)
{
    for (int k = 0; k < problem->slices; k++)
        if (sums->sum[k] > problem->limit[k])
            return 0;
    return 1;
}

static float rise_of(const struct adc_problem *problem, const uint8_t *code)
{
    float rise = 0.0f;
    for (size_t i = 0; i < problem->n; i++)
        rise += adc_rise(problem, i, code[i]);
    return rise;
}

/* ---- the dual ---- */

struct dual {
    float price[BIT_SLICE_MAX]; /* of a unit of digit sum in each slice */
    float bound;
};

/* What the digits of each code cost. */
static void price_codes(const struct adc_problem *problem, const float *price,
                        float toll[ADC_CODES])
{
    const int codes = 1 << problem->all->format.bits;
    for (int c = 0; c < codes; c++) {
        toll[c] = 0.0f;
        for (int k = 0; k < problem->slices; k++)
            toll[c] += price[k] * (float)problem->all->digit[c][k];
    }
}

/* The cheapest code of a row at these prices, and what it costs. */
static uint8_t cheapest(const struct adc_problem *problem, size_t row, const float *toll,
                        float *cost)
{
    const int q = problem->nearest[row], count = problem->all->count[q];
    const uint8_t *codes = problem->all->code[q];
    uint8_t best = codes[0];
    *cost = toll[best];
    for (int j = 1; j < count; j++) {
        const float total = adc_rise(problem, row, codes[j]) + toll[codes[j]];
        if (total < *cost) {
            *cost = total;
            best = codes[j];
        }
    }
    return best;
}

/* Value of the dual at these prices, and its codes. */
static float evaluate(const struct adc_problem *problem, const float *price, uint8_t *code)
{
    float toll[ADC_CODES], value = 0.0f, cost;
    price_codes(problem, price, toll);
    for (size_t i = 0; i < problem->n; i++) {
        code[i] = cheapest(problem, i, toll, &cost);
        value += cost;
    }
    for (int k = 0; k < problem->slices; k++)
        value -= price[k] * (float)problem->limit[k];
    return value;
}

/* Prices with the best bound of DUAL_STEPS; `upper` is the cost of a solution. Leaves the codes of
 * the best prices. */
static struct dual maximise(const struct adc_problem *problem, float upper, uint8_t *code,
                            uint8_t *trial)
{
    struct dual best = {.bound = -INFINITY};
    float price[BIT_SLICE_MAX] = {0}, relaxation = 1.0f;
    for (int step = 0, stuck = 0; step < DUAL_STEPS; step++) {
        const float value = evaluate(problem, price, trial);
        if (value > best.bound) {
            best.bound = value;
            memcpy(best.price, price, sizeof price);
            memcpy(code, trial, problem->n);
            stuck = 0;
        } else if (++stuck == 4) {
            relaxation *= 0.5f;
            stuck = 0;
        }
        const struct sums sums = sums_of(problem, trial);
        float norm = 0.0f;
        for (int k = 0; k < problem->slices; k++) {
            const int over = sums.sum[k] - problem->limit[k];
            norm += over > 0 || price[k] > 0.0f ? (float)over * (float)over : 0.0f;
        }
        if (norm == 0.0f)
            break;
        const float length = relaxation * (upper - value) / norm;
        for (int k = 0; k < problem->slices; k++)
            price[k] = fmaxf(0.0f, price[k] + length * (float)(sums.sum[k] - problem->limit[k]));
    }
    return best;
}

/* ---- solutions ---- */

/* Rows in the order of their weights, the largest first, each with the best code that still fits. */
static void fill(const struct adc_problem *problem, uint8_t *code, uint8_t *done)
{
    struct sums sums = {{0}};
    memset(done, 0, problem->n);
    for (size_t round = 0; round < problem->n; round++) {
        size_t row = problem->n;
        for (size_t i = 0; i < problem->n; i++)
            if (!done[i] && (row == problem->n || problem->x[i] > problem->x[row]))
                row = i;
        const int q = problem->nearest[row];
        float least = INFINITY;
        for (int j = 0; j < problem->all->count[q]; j++) {
            const uint8_t c = problem->all->code[q][j];
            struct sums then = sums;
            replace(problem, &then, 0, c);
            if (adc_rise(problem, row, c) < least && is_within(problem, &then)) {
                least = adc_rise(problem, row, c);
                code[row] = c;
            }
        }
        replace(problem, &sums, 0, code[row]);
        done[row] = 1;
    }
}

static int excess(int sum, int limit)
{
    return sum > limit ? sum - limit : 0;
}

/* By how much the excess over all limits falls when a code is replaced. */
static int relief(const struct adc_problem *problem, const struct sums *sums, uint8_t from,
                  uint8_t to)
{
    int fall = 0;
    for (int k = 0; k < problem->slices; k++) {
        const int now = sums->sum[k], limit = problem->limit[k];
        const int then = now + problem->all->digit[to][k] - problem->all->digit[from][k];
        fall += excess(now, limit) - excess(then, limit);
    }
    return fall;
}

struct move {
    size_t row;
    uint8_t to;
    float merit;
};

/* The replacement that costs least for each unit of excess it removes; a code that becomes 0 relieves
 * every slice it is in, so there always is one. Within the limits: the one that saves most. */
static struct move best_move(const struct adc_problem *problem, const struct sums *sums,
                             const uint8_t *code)
{
    const int within = is_within(problem, sums);
    struct move best = {problem->n, 0, within ? 0.0f : INFINITY};
    for (size_t i = 0; i < problem->n; i++) {
        const int q = problem->nearest[i];
        const float now = adc_rise(problem, i, code[i]);
        for (int j = 0; j < problem->all->count[q]; j++) {
            const uint8_t c = problem->all->code[q][j];
            const float rise = adc_rise(problem, i, c) - now;
            if (within && rise >= best.merit)
                continue;
            const int less = relief(problem, sums, code[i], c);
            const float merit = within ? rise : rise / (float)(less > 0 ? less : 1);
            if (less >= (within ? 0 : 1) && merit < best.merit)
                best = (struct move){i, c, merit};
        }
    }
    return best;
}

/* Makes codes keep the limits, then gives back what there is room for. */
static void repair(const struct adc_problem *problem, uint8_t *code)
{
    struct sums sums = sums_of(problem, code);
    for (;;) {
        const struct move move = best_move(problem, &sums, code);
        if (move.row == problem->n)
            return;
        replace(problem, &sums, code[move.row], move.to);
        code[move.row] = move.to;
    }
}

/* ---- all together ---- */

/* The candidates whose reduced cost fits between the bounds. */
static void leave(const struct adc_problem *problem, const struct dual *dual, float upper,
                  const uint8_t *solution, const struct adc_left *left)
{
    float toll[ADC_CODES], least;
    price_codes(problem, dual->price, toll);
    /* sums of floats are rounded */
    const float gap = upper - dual->bound + 1e-4f * (fabsf(upper) + fabsf(dual->bound)) + 1e-3f;
    for (size_t i = 0; i < problem->n; i++) {
        const int q = problem->nearest[i];
        uint8_t *codes = left->code + i * ADC_CODES;
        cheapest(problem, i, toll, &least);
        left->count[i] = 0;
        for (int j = 0; j < problem->all->count[q]; j++) {
            const uint8_t c = problem->all->code[q][j];
            if (adc_rise(problem, i, c) + toll[c] - least <= gap || c == solution[i])
                codes[left->count[i]++] = c;
        }
    }
}

void adc_column_start(struct adc_column *column, struct bit_slice_format format)
{
    adc_candidates_start(&column->candidates, format);
}

static size_t padded(size_t bytes)
{
    return (bytes + 63) / 64 * 64;
}

size_t adc_column_scratch(size_t rows)
{
    return adc_exact_scratch(rows) + padded(rows * ADC_CODES) + padded(rows * sizeof(uint16_t)) +
           3 * padded(rows);
}

enum adc_column_way adc_column_fit(struct adc_column *column, const float *x, uint8_t *code,
                                   size_t n, void *scratch)
{
    struct adc_candidates *all = &column->candidates;
    struct adc_problem problem = {
        .all = all, .limit = column->limit, .slices = all->slices, .n = n, .x = x};
    char *at = (char *)scratch + adc_exact_scratch(n);
    struct adc_left left = {.code = (uint8_t *)at};
    left.count = (uint16_t *)(at += padded(n * ADC_CODES));
    problem.nearest = (uint8_t *)(at += padded(n * sizeof(uint16_t)));
    uint8_t *other = problem.nearest + padded(n), *spare = other + padded(n);

    const float largest = (float)((1 << all->format.bits) - 1);
    for (size_t i = 0; i < n; i++)
        problem.nearest[i] = code[i] = (uint8_t)fminf(rintf(x[i]), largest);
    const struct sums sums = sums_of(&problem, code);
    if (is_within(&problem, &sums))
        return ADC_COLUMN_NEAREST;

    for (size_t i = 0; i < n; i++)
        adc_candidates_list(all, problem.nearest[i]);
    fill(&problem, code, spare);
    float upper = rise_of(&problem, code);
    const struct dual dual = maximise(&problem, upper, other, spare);
    repair(&problem, other);
    if (rise_of(&problem, other) < upper) {
        memcpy(code, other, n);
        upper = rise_of(&problem, code);
    }
    leave(&problem, &dual, upper, code, &left);
    return adc_exact(&problem, &left, code, scratch) ? ADC_COLUMN_EXACT : ADC_COLUMN_GREEDY;
}
