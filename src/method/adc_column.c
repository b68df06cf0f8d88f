#include "method/adc_column.h"

#include <math.h>
#include <string.h>

enum { CODES = 256 };

/* Codes that may replace the nearest one, nearest first: those to which no other is preferable,
 * nearer or as near and with no larger digit in any slice, for every x that rounds to it. */
struct candidates {
    struct bit_slice_format format;
    uint8_t digit[CODES][BIT_SLICE_MAX];
    uint16_t count[CODES];
    uint8_t code[CODES][CODES];
};

struct workspace {
    float *cost, *next;      /* [ADC_COLUMN_STATES] by the used part of the limits */
    uint8_t *choice;         /* [rows, ADC_COLUMN_STATES] candidate by row and state */
    uint8_t *nearest, *free; /* [rows] */
    uint16_t *count;         /* [rows] candidates up to the last that is cheap enough */
};

static float square(float x)
{
    return x * x;
}

/* ---- candidates ---- */

/* c is as good as b for every x in [q - 1/2, q + 1/2], or [q - 1/2, infinity) for the last code: the
 * difference of the squares is linear in x. */
static int is_preferable(const struct candidates *all, int slices, int q, int c, int b)
{
    for (int k = 0; k < slices; k++)
        if (all->digit[c][k] > all->digit[b][k])
            return 0;
    const float low = (float)q - 0.5f, high = (float)q + 0.5f;
    return c != b && fabsf(low - (float)c) <= fabsf(low - (float)b) &&
           fabsf(high - (float)c) <= fabsf(high - (float)b);
}

static void list_candidates(struct candidates *all, int slices, int q, int codes)
{
    /* by distance: q, q - 1, q + 1, … */
    for (int distance = 0; distance < codes; distance++)
        for (int side = -1; side <= 1; side += 2) {
            const int b = q + side * distance;
            if (b < 0 || b >= codes || (distance == 0 && side > 0))
                continue;
            int is_needed = 1;
            for (int c = 0; c < codes && is_needed; c++)
                is_needed = !is_preferable(all, slices, q, c, b);
            if (is_needed)
                all->code[q][all->count[q]++] = (uint8_t)b;
        }
}

/* Made once for a format. */
static const struct candidates *candidates_of(struct bit_slice_format format)
{
    static struct candidates all;
    if (all.format.bits == format.bits && all.format.width == format.width)
        return &all;
    const int codes = 1 << format.bits, slices = bit_slice_count(format);
    memset(&all, 0, sizeof all);
    for (int c = 0; c < codes; c++)
        for (int k = 0; k < slices; k++)
            all.digit[c][k] = (uint8_t)bit_slice_digit(format, c, k);
    for (int q = 0; q < codes; q++)
        list_candidates(&all, slices, q, codes);
    all.format = format;
    return &all;
}

/* ---- greedy ---- */

struct sums {
    int slices;
    int sum[BIT_SLICE_MAX];
};

static int excess(int sum, int limit)
{
    return sum > limit ? sum - limit : 0;
}

static void replace(struct sums *sums, const struct candidates *all, uint8_t from, uint8_t to)
{
    for (int k = 0; k < sums->slices; k++)
        sums->sum[k] += all->digit[to][k] - all->digit[from][k];
}

/* By how much the excess over all limits falls when a code is replaced. */
static int relief(const struct adc_column *column, const struct sums *sums,
                  const struct candidates *all, uint8_t from, uint8_t to)
{
    int sum = 0;
    for (int k = 0; k < sums->slices; k++) {
        const int now = sums->sum[k], then = now + all->digit[to][k] - all->digit[from][k];
        sum += excess(now, column->limit[k]) - excess(then, column->limit[k]);
    }
    return sum;
}

static int is_within(const struct adc_column *column, const struct sums *sums)
{
    for (int k = 0; k < sums->slices; k++)
        if (sums->sum[k] > column->limit[k])
            return 0;
    return 1;
}

/* The replacement that costs least for each unit of excess it removes, again and again; a code that
 * becomes 0 relieves every slice it is in, so there always is one. */
static void reduce(const struct adc_column *column, const struct candidates *all, const float *x,
                   const uint8_t *nearest, uint8_t *code, size_t n, struct sums *sums)
{
    while (!is_within(column, sums)) {
        size_t row = n;
        uint8_t to = 0;
        float best = INFINITY;
        for (size_t i = 0; i < n; i++) {
            const int q = nearest[i];
            for (int j = 0; j < all->count[q]; j++) {
                const uint8_t c = all->code[q][j];
                const int less = relief(column, sums, all, code[i], c);
                if (less <= 0)
                    continue;
                const float rise = square(x[i] - (float)c) - square(x[i] - (float)code[i]);
                if (rise / (float)less < best) {
                    best = rise / (float)less;
                    row = i;
                    to = c;
                }
            }
        }
        replace(sums, all, code[row], to);
        code[row] = to;
    }
}

/* Gives back what the limits have room for: the replacement that saves most, again and again. */
static void restore(const struct adc_column *column, const struct candidates *all, const float *x,
                    const uint8_t *nearest, uint8_t *code, size_t n, struct sums *sums)
{
    for (;;) {
        size_t row = n;
        uint8_t to = 0;
        float best = 0.0f;
        for (size_t i = 0; i < n; i++) {
            const float now = square(x[i] - (float)code[i]);
            for (int j = 0; j < all->count[nearest[i]]; j++) {
                const uint8_t c = all->code[nearest[i]][j];
                const float saved = now - square(x[i] - (float)c);
                if (saved <= best)
                    continue;
                struct sums then = *sums;
                replace(&then, all, code[i], c);
                if (is_within(column, &then)) {
                    best = saved;
                    row = i;
                    to = c;
                }
            }
        }
        if (row == n)
            return;
        replace(sums, all, code[row], to);
        code[row] = to;
    }
}

/* ---- exact ---- */

/* The used part of each limit, slice 0 fastest. */
struct states {
    int slices;
    int capacity[BIT_SLICE_MAX]; /* of the rows that are not decided */
    size_t step[BIT_SLICE_MAX];
    size_t count;
};

static float rise_of(const struct candidates *all, float x, int q, int j)
{
    return square(x - (float)all->code[q][j]) - square(x - (float)q);
}

/* Leaves each row the candidates that cost no more than the greedy solution does in all; rows with
 * but one are decided. False when too many states are left. */
static int make_states(struct states *states, const struct adc_column *column,
                       const struct candidates *all, const float *x, const uint8_t *code, size_t n,
                       const struct workspace *work)
{
    float bound = 0.0f;
    for (size_t i = 0; i < n; i++)
        bound += square(x[i] - (float)code[i]) - square(x[i] - (float)work->nearest[i]);
    bound += 1e-5f * bound; /* sums are rounded */
    int most[BIT_SLICE_MAX] = {0};
    memcpy(states->capacity, column->limit, sizeof states->capacity);
    for (size_t i = 0; i < n; i++) {
        const int q = work->nearest[i];
        int count = all->count[q]; /* the first ones are the nearest to q, nearly so to x */
        while (count > 1 && rise_of(all, x[i], q, count - 1) > bound)
            count--;
        work->count[i] = (uint16_t)count;
        work->free[i] = count > 1;
        for (int k = 0; k < states->slices; k++) {
            int digit = 0;
            for (int j = 0; j < count; j++)
                digit =
                    all->digit[all->code[q][j]][k] > digit ? all->digit[all->code[q][j]][k] : digit;
            states->capacity[k] -= work->free[i] ? 0 : digit;
            most[k] += work->free[i] ? digit : 0;
        }
    }
    states->count = 1;
    for (int k = 0; k < states->slices; k++) {
        if (states->capacity[k] > most[k])
            states->capacity[k] = most[k];
        states->step[k] = states->count;
        states->count *= (size_t)states->capacity[k] + 1;
        if (states->count > ADC_COLUMN_STATES)
            return 0;
    }
    return 1;
}

/* next[s] = min(next[s], cost[s - digits of the candidate] + rise) where s has room for the digits. */
static void add_candidate(const struct states *states, const uint8_t *digit, float rise,
                          uint8_t index, const struct workspace *work, uint8_t *choice)
{
    int at[BIT_SLICE_MAX];
    size_t offset = 0;
    for (int k = 0; k < states->slices; k++) {
        if (digit[k] > states->capacity[k])
            return;
        offset += digit[k] * states->step[k];
        at[k] = digit[k];
    }
    const size_t line = (size_t)(states->capacity[0] - digit[0]) + 1;
    size_t s = offset;
    for (;;) {
        const float *cost = work->cost + s - offset;
        float *next = work->next + s;
        for (size_t i = 0; i < line; i++) {
            const float sum = cost[i] + rise;
            const int better = sum < next[i];
            next[i] = better ? sum : next[i];
            choice[s + i] = better ? index : choice[s + i];
        }
        int k = 1;
        for (; k < states->slices; k++) { /* the next line: an odometer */
            if (at[k] < states->capacity[k]) {
                at[k]++;
                s += states->step[k];
                break;
            }
            s -= (size_t)(at[k] - digit[k]) * states->step[k];
            at[k] = digit[k];
        }
        if (k >= states->slices)
            return;
    }
}

/* The codes of the undecided rows. */
static void trace_back(const struct states *states, const struct candidates *all, uint8_t *code,
                       size_t n, const struct workspace *work)
{
    size_t s = states->count - 1;
    for (size_t i = n; i-- > 0;) {
        code[i] = work->nearest[i];
        if (!work->free[i])
            continue;
        code[i] = all->code[code[i]][work->choice[i * ADC_COLUMN_STATES + s]];
        for (int k = 0; k < states->slices; k++)
            s -= all->digit[code[i]][k] * states->step[k];
    }
}

static int solve(const struct adc_column *column, const struct candidates *all, const float *x,
                 uint8_t *code, size_t n, struct workspace *work)
{
    struct states states = {.slices = bit_slice_count(column->format)};
    if (!make_states(&states, column, all, x, code, n, work))
        return 0;
    for (size_t s = 0; s < states.count; s++)
        work->cost[s] = 0.0f; /* at most s of the limits */
    for (size_t i = 0; i < n; i++) {
        const int q = work->nearest[i];
        if (!work->free[i])
            continue;
        for (size_t s = 0; s < states.count; s++)
            work->next[s] = INFINITY;
        for (int j = 0; j < work->count[i]; j++)
            add_candidate(&states, all->digit[all->code[q][j]], rise_of(all, x[i], q, j),
                          (uint8_t)j, work, work->choice + i * ADC_COLUMN_STATES);
        float *swap = work->cost;
        work->cost = work->next;
        work->next = swap;
    }
    trace_back(&states, all, code, n, work);
    return 1;
}

/* ---- all together ---- */

size_t adc_column_scratch(size_t rows)
{
    return 2 * ADC_COLUMN_STATES * sizeof(float) + rows * (sizeof(uint16_t) + 2) +
           rows * ADC_COLUMN_STATES;
}

enum adc_column_way adc_column_fit(const struct adc_column *column, const float *x, uint8_t *code,
                                   size_t n, int exact, void *scratch)
{
    const struct candidates *all = candidates_of(column->format);
    const float largest = (float)((1 << column->format.bits) - 1);
    struct sums sums = {.slices = bit_slice_count(column->format)};
    struct workspace work = {.cost = scratch};
    work.next = work.cost + ADC_COLUMN_STATES;
    work.count = (uint16_t *)(work.next + ADC_COLUMN_STATES);
    work.nearest = (uint8_t *)(work.count + n);
    work.free = work.nearest + n;
    work.choice = work.free + n;
    for (size_t i = 0; i < n; i++) {
        work.nearest[i] = code[i] = (uint8_t)fminf(rintf(x[i]), largest);
        replace(&sums, all, 0, code[i]);
    }
    if (is_within(column, &sums))
        return ADC_COLUMN_NEAREST;
    reduce(column, all, x, work.nearest, code, n, &sums);
    restore(column, all, x, work.nearest, code, n, &sums);
    return exact && solve(column, all, x, code, n, &work) ? ADC_COLUMN_EXACT : ADC_COLUMN_GREEDY;
}
