/* Reports from small result files made here; every expected number was worked out by hand. And what
 * cannot be reported. */
#define _POSIX_C_SOURCE 200809L
#include "unit/report/report_files.h"

#include <stdio.h>
#include <string.h>

#include "unit/report/report_output.h"

/* ---- numbers ---- */

static void test_one_run(void **state)
{
    (void)state;
    print_report((struct request){{write_result(BITSLICE)}, TABLE_CSV});
    ASSERT_CSV("accuracy", 0, "run", "bitslice");
    ASSERT_CSV("accuracy", 0, "selected by", "validation");
    ASSERT_CSV("accuracy", 0, "test accuracy (%)", "97.50");
    ASSERT_CSV("accuracy", 0, "test accuracy std (%)", "");
    ASSERT_CSV("accuracy", 0, "B3 (%)", "10.00");
    ASSERT_CSV("accuracy", 0, "B0 (%)", "40.00");
    ASSERT_CSV("accuracy", 0, "slice mean (%)", "25.00");
    ASSERT_CSV("accuracy", 0, "slice std (%)", "11.18"); /* sqrt((15^2 + 5^2 + 5^2 + 15^2) / 4) */
    ASSERT_CSV("accuracy", 0, "parent", "pretrain");
    ASSERT_CSV("accuracy", 0, "epoch kept", "42");
    assert_null(csv_field("accuracy", 1, "run"));
    assert_prints_not("biased");
}

/* Accuracies through converters are marked; reports without them have no such column. */
static void test_adc_in_the_loop(void **state)
{
    (void)state;
    struct sample s = BITSLICE;
    print_report((struct request){{write_result(s)}, TABLE_CSV});
    assert_prints_not("ADC in the loop");
    static const char *const bits[] = {"[3, 2, 10, 1]", "[4]", "[3, 3, 3, 1, 9, 9, 9, 9]"};
    static const char *const shown[] = {"1,10,2,3", "4", "by layer"};
    for (int i = 0; i < 3; i++) {
        s.adc_bits = bits[i];
        s.adc_signs = "differential";
        print_report((struct request){{write_result(s)}, TABLE_CSV});
        ASSERT_CSV("accuracy", 0, "ADC in the loop", shown[i]);
    }
    s.adc_signs = "analog";
    s.run = s.base = "loop";
    s.file = "loop.h5";
    print_report((struct request){
        {write_result(BITSLICE), write_result(s)},
        TABLE_CSV
    });
    ASSERT_CSV("accuracy", 0, "ADC in the loop", "");
    ASSERT_CSV("accuracy", 1, "ADC in the loop", "by layer analog");
}

static void test_adc_bits(void **state)
{
    (void)state;
    print_report((struct request){{write_result(BITSLICE)}, TABLE_CSV});
    static const char *const definitions[] = {"static", "observed", "99.99 %", "99.9 %"};
    static const char *const bits[][4] = {
        {"1", "3", "3", "3"},
        {"0", "0", "0", "0"},
        {"0", "2", "2", "2"},
        {"0", "1", "1", "1"}
    };
    static const char *const clipped[] = {"0.0000", "0.0000", "0.0070", "0.0500"};
    for (int d = 0; d < DEFINITIONS; d++) {
        ASSERT_CSV("adc_bits", d, "definition", definitions[d]);
        ASSERT_CSV("adc_bits", d, "B3 (bit)", bits[d][0]);
        ASSERT_CSV("adc_bits", d, "B2 (bit)", bits[d][1]);
        ASSERT_CSV("adc_bits", d, "B1 (bit)", bits[d][2]);
        ASSERT_CSV("adc_bits", d, "B0 (bit)", bits[d][3]);
        ASSERT_CSV("adc_bits", d, "clipped (%)", clipped[d]);
    }
    for (int row = 0; row <= 4; row += 4) { /* static here, and the paper's row: 1 3 3 3 */
        ASSERT_CSV("adc_bits", row, "saberi-power energy of a conversion (x)",
                   "16.25"); /* 4*28.444/(1 + 3*2) */
        ASSERT_CSV("adc_bits", row, "isaac energy of a conversion (x)",
                   "3.40");                                      /* 4*1.66672/(0.19574 + 1.76418) */
        ASSERT_CSV("adc_bits", row, "isaac area (x)", "5.50");   /* 4*1200.016/(85.997 + 786.774) */
        ASSERT_CSV("adc_bits", row, "sensing time (x)", "3.20"); /* 32/10 */
    }
    ASSERT_CSV("adc_bits", 1, "isaac energy of a conversion (x)", ""); /* no ADC at all */
    ASSERT_CSV("adc_bits", 4, "run", "paper (1,3,3,3)");
    ASSERT_CSV("adc_bits", 4, "clipped (%)", "");
    assert_null(csv_field("adc_bits", 5, "run"));
}

static void test_cost(void **state)
{
    (void)state;
    print_report((struct request){{write_result(BITSLICE)}, TABLE_CSV});
    ASSERT_CSV("adc_cost", 0, "model", "published");
    ASSERT_CSV("adc_cost", 0, "1 bit (x)", "28.440");
    ASSERT_CSV("adc_cost", 0, "2 bits (x)", "");
    ASSERT_CSV("adc_cost", 0, "3 bits (x)", "14.220");
    ASSERT_CSV("adc_cost", 1, "3 bits (x)", "2.667");
    ASSERT_CSV("adc_cost", 3, "model", "saberi-power");
    ASSERT_CSV("adc_cost", 3, "1 bit (x)", "28.444");        /* (256/9)/(2/2) */
    ASSERT_CSV("adc_cost", 3, "3 bits (x)", "14.222");       /* (256/9)/(8/4) */
    ASSERT_CSV("adc_cost", 3, "1,3,3,3 bits (x)", "16.254"); /* 4*28.444/(1 + 3*2) */
    ASSERT_CSV("adc_cost", 4, "quantity", "sensing time");
    ASSERT_CSV("adc_cost", 4, "1 bit (x)", "8.000");
    ASSERT_CSV("adc_cost", 5, "model", "isaac");
    ASSERT_CSV("adc_cost", 5, "unit", "pJ");
    ASSERT_CSV("adc_cost", 5, "at 8 bits", "1.667");
    ASSERT_CSV("adc_cost", 5, "1 bit (x)", "8.515");  /* 1.66672/0.19574 */
    ASSERT_CSV("adc_cost", 7, "3 bits (x)", "4.576"); /* 1200.016/262.258 */
    assert_prints("newton");
    print_report((struct request){{report_path("bitslice.h5")}, TABLE_TEXT});
    assert_prints("2.834*"); /* isaac at 3 bits; 4 bits are inside the fit */
    assert_prints("2.120 ");
}

static void test_crossbars(void **state)
{
    (void)state;
    print_report((struct request){{write_result(BITSLICE)}, TABLE_CSV});
    ASSERT_CSV("crossbars", 0, "layer", "fc1");
    ASSERT_CSV("crossbars", 0, "arrays", "16");
    ASSERT_CSV("crossbars", 0, "utilisation (%)", "61.04");    /* 200*100/(2*128*128) */
    ASSERT_CSV("crossbars", 0, "B3 zero columns (%)", "7.50"); /* 30/(2*100*2) */
    ASSERT_CSV("crossbars", 0, "B2 zero columns (%)", "0.00");
    ASSERT_CSV("crossbars", 1, "utilisation (%)", "6.10"); /* 100*10/(128*128) */
    ASSERT_CSV("crossbars", 2, "layer", "all");
    ASSERT_CSV("crossbars", 2, "arrays", "24");
    ASSERT_CSV("crossbars", 2, "utilisation (%)", "42.72");    /* 21000/(3*128*128) */
    ASSERT_CSV("crossbars", 2, "B3 zero columns (%)", "7.14"); /* 30/(400 + 20) */
}

static void test_seeds(void **state)
{
    (void)state;
    struct request request = {
        {write_seed("s1.h5", 1, 0.97, 100), write_result(BITSLICE),
         write_seed("s2.h5", 2, 0.98, 120), write_seed("s3.h5", 3, 0.99, 140)},
        TABLE_CSV
    };
    print_report(request);
    ASSERT_CSV("accuracy", 0, "run", "bitslice@alpha=2");
    ASSERT_CSV("accuracy", 0, "selected by", "test + sparsity");
    ASSERT_CSV("accuracy", 0, "seeds", "3");
    ASSERT_CSV("accuracy", 0, "test accuracy (%)", "98.00");
    ASSERT_CSV("accuracy", 0, "test accuracy std (%)", "1.00"); /* sqrt((1 + 0 + 1) / 2) */
    ASSERT_CSV("accuracy", 0, "B3 (%)", "12.00");
    ASSERT_CSV("accuracy", 0, "B3 std (%)", "2.00");
    ASSERT_CSV("accuracy", 0, "B2 std (%)", "0.00");
    ASSERT_CSV("accuracy", 0, "slice mean (%)", "25.50"); /* 25, 25.5, 26 */
    ASSERT_CSV("accuracy", 0, "slice mean std (%)", "0.50");
    ASSERT_CSV("accuracy", 0, "parent", "pretrain");
    ASSERT_CSV("accuracy", 0, "epoch kept", "42.0");
    ASSERT_CSV("accuracy", 1, "run", "bitslice");
    assert_null(csv_field("accuracy", 2, "run"));
    ASSERT_CSV("crossbars", 0, "B3 zero columns (%)", "10.00"); /* 30, 40, 50 of 400 */
    ASSERT_CSV("crossbars", 0, "B3 zero columns std (%)", "2.50");
    assert_prints("biased");

    request.file[1] = request.file[0]; /* the same seed again is another row */
    print_report(request);
    ASSERT_CSV("accuracy", 0, "seeds", "3");
    ASSERT_CSV("accuracy", 1, "run", "bitslice@alpha=2,seed=1");
    request.format = TABLE_TEXT;
    print_report(request);
    assert_prints("98.00±1.00");
}

static void test_bits_over_seeds(void **state)
{
    (void)state;
    struct sample dense = BITSLICE;
    dense.file = "dense.h5";
    dense.run = "bitslice@seed=2";
    dense.seed = 2;
    dense.is_dense = true;
    struct sample sparse = BITSLICE;
    sparse.run = "bitslice@seed=1";
    print_report((struct request){
        {write_result(sparse), write_result(dense)},
        TABLE_CSV
    });
    ASSERT_CSV("adc_bits", 0, "run", "bitslice");
    ASSERT_CSV("adc_bits", 0, "B3 (bit)", "9");
    ASSERT_CSV("adc_bits", 2, "clipped (%)", "0.0010"); /* at 9 bits, of either seed */
    ASSERT_CSV("adc_bits", 0, "sensing time (x)", "0.89");
}

static void test_experiments_and_float(void **state)
{
    (void)state;
    struct sample other = BITSLICE, plain = BITSLICE;
    other.file = "other.h5";
    other.experiment = "cifar";
    plain.file = "float.h5";
    plain.run = plain.base = "float";
    plain.parent = "";
    plain.quantise = 0;
    const struct request request = {
        {write_result(BITSLICE), write_result(other), write_result(plain)},
        TABLE_CSV
    };
    print_report(request);
    ASSERT_CSV("accuracy", 0, "run", "mnist_mlp/bitslice");
    ASSERT_CSV("accuracy", 1, "run", "mnist_mlp/float");
    ASSERT_CSV("accuracy", 1, "B3 (%)", "");
    ASSERT_CSV("accuracy", 1, "slice mean (%)", "");
    ASSERT_CSV("accuracy", 1, "parent", "");
    ASSERT_CSV("accuracy", 2, "run", "cifar/bitslice");
    ASSERT_CSV("adc_bits", 4, "run", "cifar/bitslice"); /* no rows for the float run */
    ASSERT_CSV("adc_bits", 8, "run", "paper (1,3,3,3)");
    print_report((struct request){{report_path("float.h5")}, TABLE_TEXT});
    assert_prints("–");
    assert_prints_not("Crossbars");
}

static void test_numbers_of_slices(void **state)
{
    (void)state;
    struct sample two = BITSLICE;
    two.file = "two.h5";
    two.slices = 2;
    two.is_dense = true;
    print_report((struct request){
        {write_result(BITSLICE), write_result(two)},
        TABLE_CSV
    });
    ASSERT_CSV("accuracy_4_slices", 0, "B3 (%)", "10.00");
    ASSERT_CSV("accuracy_2_slices", 0, "B1 (%)", "30.00");
    ASSERT_CSV("accuracy_2_slices", 0, "slice mean (%)", "35.00");
    ASSERT_CSV("adc_bits_2_slices", 3, "B1 (bit)", "9");
    assert_null(csv_field("adc_bits_2_slices", 4, "run")); /* the paper has four slices */
    ASSERT_CSV("crossbars_2_slices", 0, "arrays", "8");
}

/* ---- mistakes ---- */

static void flip_bit(const char *path, const void *pattern, size_t bytes)
{
    static char content[1 << 20];
    FILE *file = fopen(path, "r+b");
    const size_t size = fread(content, 1, sizeof content, file);
    size_t at = 0;
    while (at + bytes <= size && memcmp(content + at, pattern, bytes) != 0)
        at++;
    assert_true(at + bytes <= size);
    fseek(file, (long)at, SEEK_SET);
    fputc(content[at] ^ 4, file);
    fclose(file);
}

static void test_bad_files(void **state)
{
    (void)state;
    assert_refused(report_path("none.h5"), "no such file");
    const char *path = report_path("text.h5");
    FILE *file = fopen(path, "w");
    fputs("not at all", file);
    fclose(file);
    assert_refused(path, "not an HDF5 file");
    struct sample s = BITSLICE;
    s.version = 2;
    assert_refused(write_result(s), "format version 2");
    s = BITSLICE;
    s.complete = 0;
    assert_refused(write_result(s), "not complete");
    path = write_result(BITSLICE);
    flip_bit(path, BITSLICE.nonzero, sizeof BITSLICE.nonzero);
    assert_refused(path, "'/slices/total/nonzero' is damaged");
    s = BITSLICE;
    s.miscounted = 1;
    assert_refused(write_result(s), "disagree about slice B0");
    path = write_result(BITSLICE);
    flip_bit(path, SAMPLE_BITS[0][1], sizeof SAMPLE_BITS[0][1]);
    assert_refused(path, "'/adc/fc2/static' is damaged");
}

static void test_command_line(void **state)
{
    (void)state;
    char *path = (char *)(uintptr_t)write_result(BITSLICE);
    assert_false(capture(run_command, (char *[]){"report", NULL}));
    assert_prints("no result files");
    assert_false(capture(run_command, (char *[]){"report", path, "--colour", NULL}));
    assert_prints("unknown option '--colour'; allowed: --format");
    assert_false(capture(run_command, (char *[]){"report", path, "--format", "word", NULL}));
    assert_prints("value 'word'; allowed: text, markdown, latex, csv, json, html");
    assert_false(capture(run_command, (char *[]){"report", "/none.h5", NULL}));
    assert_prints("reslice: /none.h5: no such file");
    assert_true(capture(run_command, (char *[]){"report", path, "--format=csv", NULL}));
    assert_prints("table,run,");
    assert_true(capture(run_command, (char *[]){"report", "--help", NULL}));
    assert_prints("usage: reslice report FILE...");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_run),           cmocka_unit_test(test_adc_in_the_loop),
        cmocka_unit_test(test_adc_bits),          cmocka_unit_test(test_cost),
        cmocka_unit_test(test_crossbars),         cmocka_unit_test(test_seeds),
        cmocka_unit_test(test_bits_over_seeds),   cmocka_unit_test(test_experiments_and_float),
        cmocka_unit_test(test_numbers_of_slices), cmocka_unit_test(test_bad_files),
        cmocka_unit_test(test_command_line),
    };
    return cmocka_run_group_tests(tests, make_report_folder, remove_report_folder);
}
