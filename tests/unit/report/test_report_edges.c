/* Files at the edges: nine slices, converters of 0 bits, all weights pruned, float runs, files of before
 * a column was counted, other networks in one list. No table may have a nan, an inf or a wrong zero. */
#define _POSIX_C_SOURCE 200809L
#include "unit/report/report_files.h"

#include <math.h>
#include <string.h>

#include "report/tables.h"
#include "unit/report/report_output.h"

/* Every table of the files, as csv. */
static void report_all(const char *const *file)
{
    char *arguments[64] = {"report", "--format=csv"};
    char names[256], *next = names;
    size_t count = 2;
    report_table_names(names, sizeof names, false);
    for (char *name = strtok_r(names, ", ", &next); name; name = strtok_r(NULL, ", ", &next)) {
        arguments[count++] = "--table";
        arguments[count++] = name;
    }
    for (; *file; file++)
        arguments[count++] = (char *)(uintptr_t)*file;
    if (!capture(run_command, arguments))
        fail_msg("%s", printed);
    for (char *c = printed; *c; c++) /* in cells: words may have the letters */
        if (strncmp(c, ",nan", 4) == 0 || strncmp(c, ",-nan", 5) == 0 ||
            strncmp(c, ",inf", 4) == 0 || strncmp(c, ",-inf", 5) == 0 ||
            strncmp(c, ",-0.00,", 7) == 0)
            fail_msg("%.40s", c);
}

/* ---- nine slices ---- */

/* An offset puts 2^8 into cells of one bit: nine slices of crossbars, four of codes. */
static struct sample nine_slices(void)
{
    static const double saving[ASSIGNMENTS] = {1.0, 2.0};
    struct sample s = BITSLICE;
    s.crossbar_slices = 9;
    s.cell_bits = 1;
    s.saving = saving;
    return s;
}

static void test_nine_slices(void **state)
{
    (void)state;
    report_all((const char *const[]){write_result(nine_slices()), NULL});
    ASSERT_CSV("accuracy", 0, "B3 (%)", "10.00");
    ASSERT_CSV("adc_bits", 0, "B8 (bit)", "1");
    ASSERT_CSV("adc_bits", 0, "B0 (bit)", "3");
    ASSERT_CSV("adc_bits", 0, "sensing time (x)", "4.80"); /* 9*8 / (3*3 + 6*1) */
    ASSERT_CSV("crossbars", 2, "B8 zero columns (%)", "7.14");
    ASSERT_CSV("crossbars", 2, "arrays", "54"); /* 3 tiles of 9 slices and 2 signs */
    ASSERT_CSV("assignments", 0, "B8 (bit)", "8");
    ASSERT_CSV("assignments", 1, "B8 (bit)", "0");
    ASSERT_CSV("savings", 1, "isaac energy of a sample (x)", "2.00");
    ASSERT_CSV("sweep", 0, "slice", "B8");
    ASSERT_CSV("sweep", 8, "slice", "B0");
    ASSERT_CSV("rivals", 0, "static ADC (bit)", "1,1,1,1,1,1,3,3,3");
}

/* Beside files of other numbers of slices: each number has its tables. */
static void test_every_number_of_slices(void **state)
{
    (void)state;
    struct sample eight = nine_slices(), one = BITSLICE;
    eight.file = "s1.h5";
    eight.run = eight.base = "eight";
    eight.crossbar_slices = 8;
    one.file = "s2.h5";
    one.run = one.base = "one";
    one.slices = 1;
    report_all((const char *const[]){write_result(one), write_result(eight),
                                     write_result(nine_slices()), NULL});
    ASSERT_CSV("adc_bits_9_slices", 0, "run", "bitslice");
    ASSERT_CSV("adc_bits_8_slices", 0, "run", "eight");
    ASSERT_CSV("adc_bits_1_slices", 0, "run", "one");
    ASSERT_CSV("crossbars_9_slices", 0, "run", "bitslice");
    ASSERT_CSV("assignments_9_slices", 0, "run", "bitslice");
    ASSERT_CSV("assignments_8_slices", 0, "run", "eight");
    ASSERT_CSV("sweep_9_slices", 8, "slice", "B0");
    ASSERT_CSV("accuracy_4_slices", 1, "run", "bitslice");
    ASSERT_CSV("accuracy_1_slices", 0, "run", "one");
}

/* The second seed alone has assignments: they are shown all the same. */
static void test_assignments_of_a_later_seed(void **state)
{
    (void)state;
    static const double saving[ASSIGNMENTS] = {1.0, 2.0};
    struct sample first = BITSLICE, second = BITSLICE;
    first.run = "bitslice@seed=1";
    second.run = "bitslice@seed=2";
    second.file = "s2.h5";
    second.seed = 2;
    second.saving = saving;
    report_all((const char *const[]){write_result(first), write_result(second), NULL});
    ASSERT_CSV("accuracy", 0, "seeds", "2");
    ASSERT_CSV("assignments", 0, "run", "bitslice@seed=2");
    ASSERT_CSV("assignments", 1, "ADC", "provisioned");
}

/* ---- nothing left ---- */

/* Converters of 0 bits save everything: that is no number. */
static void test_no_converters(void **state)
{
    (void)state;
    static const double saving[ASSIGNMENTS] = {1.0, INFINITY};
    struct sample s = BITSLICE;
    s.saving = saving;
    report_all((const char *const[]){write_result(s), NULL});
    ASSERT_CSV("assignments", 1, "B3 (bit)", "0");
    ASSERT_CSV("assignments", 0, "isaac energy of a sample (x)", "1.00");
    ASSERT_CSV("assignments", 1, "isaac energy of a sample (x)", "");
    ASSERT_CSV("savings", 1, "saberi-power energy of a sample (x)", "");
    ASSERT_CSV("assignments", 1, "on devices (%)", "");
    assert_true(
        capture(run_command, (char *[]){"report", (char *)(uintptr_t)report_path("bitslice.h5"),
                                        "--format=json", NULL}));
    assert_prints_not("inf");
    assert_prints("\"provisioned\", 0, 0, 0, 0, 50.00, 25.00, 200, null, null, 330, 12, null]");
}

static void test_all_pruned(void **state)
{
    (void)state;
    const struct method_layer counts[LAYERS] = {
        {.weights = 850, .value_bits = 9},
        {.weights = 150, .value_bits = 9},
    };
    struct sample s = BITSLICE;
    memset(s.nonzero, 0, sizeof s.nonzero);
    s.is_empty = true;
    s.method = "pruned";
    s.counts = counts;
    report_all((const char *const[]){write_result(s), NULL});
    ASSERT_CSV("accuracy", 0, "B3 (%)", "0.00"); /* true zeros */
    ASSERT_CSV("accuracy", 0, "slice std (%)", "0.00");
    ASSERT_CSV("adc_bits", 0, "B3 (bit)", "0");
    ASSERT_CSV("adc_bits", 2, "clipped (%)", "0.0000");
    ASSERT_CSV("adc_bits", 0, "isaac energy of a conversion (x)", "");
    ASSERT_CSV("adc_bits", 0, "sensing time (x)", "");
    ASSERT_CSV("rivals", 0, "its own metric", "every weight is 0");
    ASSERT_CSV("rivals", 0, "weights", "0");
    ASSERT_CSV("rivals", 0, "data (kB)", "0.00");
    ASSERT_CSV("rivals", 0, "storage (x)", "");
    ASSERT_CSV("rivals", 0, "isaac energy of a conversion (x)", "");
}

static void test_float_run(void **state)
{
    (void)state;
    const struct method_layer counts[LAYERS] = {
        {.weights = 850,
         .nonzero = 850,
         .value_bits = 32,
         .data_bits = 27200,
         .stored_bits = 27200                                                                    },
        {.weights = 150, .nonzero = 150, .value_bits = 32, .data_bits = 4800, .stored_bits = 4800},
    };
    struct sample s = BITSLICE;
    s.quantise = 0;
    s.method = "none";
    s.counts = counts;
    report_all((const char *const[]){write_result(s), NULL});
    ASSERT_CSV("accuracy", 0, "test accuracy (%)", "97.50");
    ASSERT_CSV("accuracy", 0, "B0 (%)", "");
    ASSERT_CSV("accuracy", 0, "slice mean (%)", "");
    ASSERT_CSV("accuracy", 0, "slice std (%)", "");
    ASSERT_CSV("rivals", 0, "storage (x)", "1.0");
    ASSERT_CSV("rivals", 0, "arrays", "");
    ASSERT_CSV("rivals", 0, "static ADC (bit)", "");
    ASSERT_CSV("rivals", 0, "isaac energy of a conversion (x)", "");
    assert_null(csv_field("adc_bits", 0, "run"));
    assert_null(csv_field("crossbars", 0, "run"));
}

/* ---- files of before a column was counted ---- */

static const struct method_layer counted[LAYERS] = {
    {.weights = 800,  .nonzero = 100, .value_bits = 9, .data_bits = 800, .stored_bits = 1600},
    { .weights = 200,
     .nonzero = 100,
     .value_bits = 9,
     .data_bits = 800,
     .stored_bits = 1600,
     .column_limit = 4,
     .column_nonzero = 4},
};

static void report_lacking(const char *const lacks[8])
{
    struct sample s = BITSLICE;
    s.method = "column-sparsity (hard)";
    s.counts = counted;
    memcpy(s.lacks, lacks, sizeof s.lacks);
    report_all((const char *const[]){write_result(s), NULL});
    ASSERT_CSV("rivals", 0, "method", "column-sparsity (hard)");
}

/* Each column of /method in turn is the one that an older file lacks. */
static void test_older_files(void **state)
{
    (void)state;
    for (size_t c = 0; c < method_column_count; c++) {
        const char *name = method_columns[c].name;
        const bool is_limit =
            strcmp(name, "column_limit") == 0 || strcmp(name, "column_nonzero") == 0;
        const bool is_stored = strcmp(name, "stored_bits") == 0;
        report_lacking((const char *const[8]){name});
        ASSERT_CSV("rivals", 0, "its own metric",
                   is_limit ? "5.0x fewer weights"
                            : "4 weights a column: 4 bits"); /* log2(1+4 3) */
        ASSERT_CSV("rivals", 0, "weights", strcmp(name, "nonzero") == 0 ? "" : "200");
        ASSERT_CSV("rivals", 0, "data (kB)", strcmp(name, "data_bits") == 0 ? "" : "0.20");
        ASSERT_CSV("rivals", 0, "with indices (kB)", is_stored ? "" : "0.40");
        ASSERT_CSV("rivals", 0, "storage (x)", /* 32000 / 3200 */
                   is_stored || strcmp(name, "weights") == 0 ? "" : "10.0");
    }
    report_lacking((const char *const[8]){"weights", "nonzero", "column_limit"});
    ASSERT_CSV("rivals", 0, "its own metric", "");
}

/* ---- other networks ---- */

/* The same name and another network, from another folder: no mean over both. */
static void test_other_network_of_that_name(void **state)
{
    (void)state;
    struct sample small = BITSLICE, large = BITSLICE;
    small.run = "bitslice@seed=1";
    large.run = "bitslice@seed=2";
    large.file = "s2.h5";
    large.seed = 2;
    large.outputs = 300;
    report_all((const char *const[]){write_result(small), write_result(large), NULL});
    ASSERT_CSV("accuracy", 0, "run", "bitslice@seed=1");
    ASSERT_CSV("accuracy", 1, "run", "bitslice@seed=2");
    ASSERT_CSV("crossbars", 0, "utilisation (%)", "61.04"); /* 200*100 / (2*128*128) */
    ASSERT_CSV("crossbars", 3, "utilisation (%)", "61.04"); /* 200*300 / (2*3*128*128) */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_nine_slices),
        cmocka_unit_test(test_every_number_of_slices),
        cmocka_unit_test(test_assignments_of_a_later_seed),
        cmocka_unit_test(test_no_converters),
        cmocka_unit_test(test_all_pruned),
        cmocka_unit_test(test_float_run),
        cmocka_unit_test(test_older_files),
        cmocka_unit_test(test_other_network_of_that_name),
    };
    return cmocka_run_group_tests(tests, make_report_folder, remove_report_folder);
}
