#include "method/adc_exact.h"

#include <math.h>

/* The used part of each limit, slice 0 fastest. */
struct states {
    int slices;
    int capacity[BIT_SLICE_MAX]; /* of the rows that have a choice */
    size_t step[BIT_SLICE_MAX];
    size_t count;
};

struct workspace {
    float *cost, *next; /* [ADC_EXACT_STATES] smallest rise within so much of the limits */
    uint8_t *choice;    /* [rows, ADC_EXACT_STATES] code by row and state */
};

size_t adc_exact_scratch(size_t rows)
{
    return 2 * ADC_EXACT_STATES * sizeof(float) + rows * ADC_EXACT_STATES;
}

/* Rows without a choice use up their digits beforehand; no slice can use more than the others' largest
 * digits. False when too many states are left. */
static bool make_states(struct states *states, const struct adc_problem *problem,
                        const struct adc_left *left)
{
    states->slices = problem->slices;
    states->count = 1;
    for (int k = 0; k < problem->slices; k++) {
        int capacity = problem->limit[k], most = 0;
        for (size_t i = 0; i < problem->n; i++) {
            const uint8_t *codes = left->code + i * ADC_CODES;
            int largest = 0;
            for (int j = 0; j < left->count[i]; j++) {
                const int digit = problem->all->digit[codes[j]][k];
                largest = digit > largest ? digit : largest;
            }
            capacity -= left->count[i] == 1 ? largest : 0;
            most += left->count[i] == 1 ? 0 : largest;
        }
        states->capacity[k] = capacity < most ? capacity : most;
        states->step[k] = states->count;
        states->count *= (size_t)states->capacity[k] + 1;
        if (states->count > ADC_EXACT_STATES)
            return false;
    }
    return true;
}

/* next[s] = min(next[s], cost[s - digits of the code] + rise) where s has room for the digits. */
static void add_code(const struct states *states, const uint8_t *digit, float rise, uint8_t code,
                     const struct workspace *work, uint8_t *choice)
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
            choice[s + i] = better ? code : choice[s + i];
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

static void trace_back(const struct states *states, const struct adc_problem *problem,
                       const struct adc_left *left, uint8_t *code, const struct workspace *work)
{
    size_t s = states->count - 1;
    for (size_t i = problem->n; i-- > 0;) {
        code[i] = left->code[i * ADC_CODES];
        if (left->count[i] == 1)
            continue;
        code[i] = work->choice[i * ADC_EXACT_STATES + s];
        for (int k = 0; k < states->slices; k++)
            s -= problem->all->digit[code[i]][k] * states->step[k];
    }
}

bool adc_exact(const struct adc_problem *problem, const struct adc_left *left, uint8_t *code,
               void *scratch)
{
    struct states states;
    struct workspace work = {.cost = scratch};
    work.next = work.cost + ADC_EXACT_STATES;
    work.choice = (uint8_t *)(work.next + ADC_EXACT_STATES);
    if (!make_states(&states, problem, left))
        return false;
    for (size_t s = 0; s < states.count; s++)
        work.cost[s] = 0.0f;
    for (size_t i = 0; i < problem->n; i++) {
        const uint8_t *codes = left->code + i * ADC_CODES;
        if (left->count[i] == 1)
            continue;
        for (size_t s = 0; s < states.count; s++)
            work.next[s] = INFINITY;
        for (int j = 0; j < left->count[i]; j++)
            add_code(&states, problem->all->digit[codes[j]], adc_rise(problem, i, codes[j]),
                     codes[j], &work, work.choice + i * ADC_EXACT_STATES);
        float *swap = work.cost;
        work.cost = work.next;
        work.next = swap;
    }
    trace_back(&states, problem, left, code, &work);
    return true;
}
