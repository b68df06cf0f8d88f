/* The table of methods: each one's own metric, worked out by hand. */
#define _POSIX_C_SOURCE 200809L
#include "unit/report/report_files.h"
#include "unit/report/report_output.h"

static void report_rivals(const char *method, const struct method_layer counts[LAYERS])
{
    struct sample s = BITSLICE;
    s.method = method;
    s.counts = counts;
    char *path = (char *)(uintptr_t)write_result(s);
    assert_true(capture(run_command, (char *[]){"report", path, "--rivals", "--format=csv", NULL}));
}

static void test_rivals(void **state)
{
    (void)state;
    const struct method_layer blocks[LAYERS] = {
        {.weights = 1000,
         .nonzero = 400,
         .value_bits = 9,
         .data_bits = 3600,
         .stored_bits = 5000,
         .dense_arrays = 8,
         .block_arrays = 8,
         .passes = 1},
        { .weights = 200,
         .nonzero = 100,
         .value_bits = 9,
         .data_bits = 450,
         .stored_bits = 450,
         .block = 4,
         .dense_arrays = 4,
         .block_arrays = 2,
         .passes = 4},
    };
    report_rivals("circulant (hard)", blocks);
    ASSERT_CSV("rivals", 0, "run", "bitslice");
    ASSERT_CSV("rivals", 0, "method", "circulant (hard)");
    ASSERT_CSV("rivals", 0, "test accuracy (%)", "97.50");
    ASSERT_CSV("rivals", 0, "its own metric", "10 arrays of 12, 4 passes");
    ASSERT_CSV("rivals", 0, "weights", "500");
    ASSERT_CSV("rivals", 0, "data (kB)", "0.51");         /* 4050 bits */
    ASSERT_CSV("rivals", 0, "with indices (kB)", "0.68"); /* 5450 bits */
    ASSERT_CSV("rivals", 0, "storage (x)", "7.0");        /* 38400 / 5450 */
    ASSERT_CSV("rivals", 0, "B3 (%)", "10.00");
    ASSERT_CSV("rivals", 0, "arrays", "24");
    ASSERT_CSV("rivals", 0, "static ADC (bit)", "1,3,3,3");
    ASSERT_CSV("rivals", 0, "observed ADC (bit)", "0,0,0,0");
    ASSERT_CSV("rivals", 0, "provisioned ADC (bit)", "");
    ASSERT_CSV("rivals", 0, "saberi-power energy of a conversion (x)",
               "16.25");                          /* as in the table of ADC bits */
    assert_null(csv_field("accuracy", 0, "run")); /* no other table */
}

static void test_own_metrics(void **state)
{
    (void)state;
    struct method_layer x[LAYERS] = {
        {.weights = 1000,
         .nonzero = 100,
         .value_bits = 3,
         .data_bits = 300,
         .stored_bits = 800,
         .grid_bits = 3,
         .column_limit = 8,
         .column_nonzero = 8,
         .passes = 1},
        {.weights = 1000,
         .nonzero = 300,
         .value_bits = 2,
         .data_bits = 600,
         .stored_bits = 1200,
         .grid_bits = 2,
         .column_nonzero = 99,
         .passes = 1},
    };
    report_rivals("column-sparsity + grid (admm)", x);
    ASSERT_CSV("rivals", 0, "its own metric", /* log2(1 + 8 3) */
               "8 weights a column: 5 bits; 2.25 bits a weight, 71x data, 32x with indices; "
               "5.0x fewer weights");
    struct sample wide = BITSLICE; /* an offset adds a slice: cells are not bits / slices */
    wide.cell_bits = 4;
    wide.method = "column-sparsity";
    wide.counts = x;
    x[0].grid_bits = x[1].grid_bits = 0;
    assert_true(capture(run_command, (char *[]){"report", (char *)(uintptr_t)write_result(wide),
                                                "--rivals", "--format=csv", NULL}));
    ASSERT_CSV("rivals", 0, "its own metric", "8 weights a column: 7 bits"); /* log2(1 + 8 15) */
    const struct method_layer y[LAYERS] = {
        {.weights = 1000,
         .nonzero = 900,
         .data_bits = 2000,
         .stored_bits = 2000,
         .pieces = 10,
         .coefficients = 1020,
         .coefficients_nonzero = 255,
         .passes = 1},
        { .weights = 1000,
         .nonzero = 500,
         .value_bits = 2,
         .data_bits = 2000,
         .stored_bits = 2000,
         .is_ternary = 1,
         .column_positive = 63,
         .column_negative = 7,
         .group = 8,
         .groups = 100,
         .groups_alive = 80,
         .group_compression = 20,
         .passes = 1},
    };
    report_rivals("smartdeal + ternary (hard)", y);
    ASSERT_CSV(
        "rivals", 0, "its own metric",
        "16.0x storage, 75 % zero coefficients; 6 ADC bits with 1-bit cells; group density 0.80, 20.0x PE-wise");
    const struct method_layer z[LAYERS] = {
        {.weights = 850,   .nonzero = 10, .value_bits = 9, .data_bits = 90, .stored_bits = 200},
        {0},
    };
    report_rivals("sparsity (admm)", z);
    ASSERT_CSV("rivals", 0, "its own metric", "85.0x fewer weights");
    const struct method_layer empty[LAYERS] = {
        {.weights = 850, .value_bits = 9},
        {0             }
    };
    report_rivals("sparsity (admm)", empty);
    ASSERT_CSV("rivals", 0, "its own metric", "every weight is 0");
    ASSERT_CSV("rivals", 0, "storage (x)", "");
    write_result(BITSLICE); /* of before methods were counted */
    assert_true(
        capture(run_command, (char *[]){"report", (char *)(uintptr_t)report_path("bitslice.h5"),
                                        "--table=rivals", "--format=csv", NULL}));
    ASSERT_CSV("rivals", 0, "its own metric", "");
    ASSERT_CSV("rivals", 0, "static ADC (bit)", "1,3,3,3");
}

/* The second seed needs nine bits: so does the run. */
static void test_seeds(void **state)
{
    (void)state;
    struct sample seeds[2] = {BITSLICE, BITSLICE};
    seeds[0].run = "bitslice@seed=1";
    seeds[1].run = "bitslice@seed=2";
    seeds[1].file = "other.h5";
    seeds[1].seed = 2;
    seeds[1].accuracy = 0.985;
    seeds[1].is_dense = true;
    char *first = (char *)(uintptr_t)write_result(seeds[0]);
    assert_true(
        capture(run_command, (char *[]){"report", first, (char *)(uintptr_t)write_result(seeds[1]),
                                        "--table=rivals", "--format=csv", NULL}));
    ASSERT_CSV("rivals", 0, "run", "bitslice");
    ASSERT_CSV("rivals", 0, "test accuracy (%)", "98.00");
    ASSERT_CSV("rivals", 0, "static ADC (bit)", "9,9,9,9");
    ASSERT_CSV("rivals", 0, "observed ADC (bit)", "9,9,9,9");
    ASSERT_CSV("rivals", 0, "saberi-power energy of a conversion (x)",
               "0.56"); /* 2^8 / 9 over 2^9 / 10 */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rivals),
        cmocka_unit_test(test_own_metrics),
        cmocka_unit_test(test_seeds),
    };
    return cmocka_run_group_tests(tests, make_report_folder, remove_report_folder);
}
