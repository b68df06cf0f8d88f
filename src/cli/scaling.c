#include "cli/scaling.h"

#include <math.h>
#include <stdio.h>

#include "base/log.h"
#include "table/table.h"

static int rounds_of(int ranks)
{
    int rounds = 0;
    while (rounds < 31 && (1 << rounds) < ranks)
        rounds++;
    return rounds;
}

double scaling_reduce_s(int ranks, double bytes, struct scaling_link link)
{
    const double rounds = rounds_of(ranks), transfer_s = bytes / link.bandwidth;
    const double doubling_s = rounds * (link.latency_s + transfer_s);
    const double rabenseifner_s =
        2.0 * rounds * link.latency_s + 2.0 * (ranks - 1) / ranks * transfer_s;
    return fmin(doubling_s, rabenseifner_s);
}

double scaling_comm_s(const struct scaling_input *input, int ranks)
{
    double sum_s = 0.0;
    for (int i = 0; i < input->traffic.sizes; i++)
        sum_s += (double)input->traffic.size[i].calls *
                 scaling_reduce_s(ranks, (double)input->traffic.size[i].bytes, input->link);
    return sum_s / input->traffic_steps;
}

int scaling_ranks(int last, int ranks[SCALING_POINTS])
{
    int points = 0;
    for (int p = 1; p < last; p *= 2)
        ranks[points++] = p;
    ranks[points++] = last;
    return points;
}

/* ---- print ---- */

static void add_columns(struct table *table)
{
    table_column(table, TABLE_NUMBER, "ranks", NULL);
    table_column(table, TABLE_NUMBER, "samples a rank", NULL);
    table_column(table, TABLE_NUMBER, "compute", "ms");
    table_column(table, TABLE_NUMBER, "reduce", "ms");
    table_column(table, TABLE_NUMBER, "step", "ms");
    table_column(table, TABLE_NUMBER, "samples/s", NULL);
    table_column(table, TABLE_NUMBER, "speed-up", "x");
    table_column(table, TABLE_NUMBER, "efficiency", "%");
}

/* One row: `samples` are those of the global batch, `local` those of a rank. */
static void add_row(struct table *table, const struct scaling_input *input, int ranks,
                    double samples, double local, double compute_s)
{
    const double comm_s = scaling_comm_s(input, ranks), step_s = compute_s + comm_s;
    const double rate = samples / step_s, alone = input->batch / input->compute_s[0];
    table_number(table, 0, ranks);
    table_number(table, 0, local);
    table_number(table, 3, 1e3 * compute_s);
    table_number(table, 3, 1e3 * comm_s);
    table_number(table, 3, 1e3 * step_s);
    table_number(table, 0, rate);
    table_number(table, 2, rate / alone);
    table_number(table, 1, 100.0 * rate / alone / ranks);
}

/* "31 x 4 B, 2 x 2.10 MB" */
static void describe_messages(const struct scaling_input *input, char *text, size_t size)
{
    int used = 0;
    text[0] = '\0';
    for (int i = 0; i < input->traffic.sizes && used < (int)size; i++) {
        const double calls = (double)input->traffic.size[i].calls / input->traffic_steps;
        const double bytes = (double)input->traffic.size[i].bytes;
        if (calls > 0.0)
            used += snprintf(text + used, size - (size_t)used, "%s%.4g x %.4g %s", used ? ", " : "",
                             calls, bytes < 1e4 ? bytes : 1e-3 * bytes, bytes < 1e4 ? "B" : "kB");
    }
}

static void print_table(struct table *table)
{
    table_print(table, TABLE_TEXT, stdout);
    table_destroy(table);
}

void scaling_print(const struct scaling_input *input)
{
    char messages[1024];
    if (comm_rank() != 0)
        return;
    struct table *strong = table_create("strong", "Expected strong scaling: one global batch");
    struct table *weak = table_create("weak", "Expected weak scaling: this batch on every rank");
    add_columns(strong);
    add_columns(weak);
    for (int i = 0; i < input->points; i++) {
        const int ranks = input->ranks[i];
        if (input->compute_s[i] > 0.0)
            add_row(strong, input, ranks, input->batch, ceil(input->batch / ranks),
                    input->compute_s[i]);
        add_row(weak, input, ranks, input->batch * ranks, input->batch, input->compute_s[0]);
    }
    describe_messages(input, messages, sizeof messages);
    table_note(weak,
               "compute: measured here, with that many samples a rank, the fastest few steps");
    table_note(weak, "reductions of a step, measured: %s", messages);
    table_note(weak,
               "an all-reduce of n bytes on p ranks takes the less of log2(p) (L + n/B) and "
               "2 log2(p) L + 2 (p-1)/p n/B (recursive doubling and Rabenseifner, Thakur et al. "
               "2005), L = %g us, B = %g GB/s; log2 rounded up",
               1e6 * input->link.latency_s, 1e-9 * input->link.bandwidth);
    table_note(weak, "not in it: additions, shared memory in nodes, congestion, slower ranks");
    log_info("%s", "");
    fflush(stdout);
    print_table(strong);
    print_table(weak);
}
