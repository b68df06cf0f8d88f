/* Published figures beside runs: the numbers by hand, and files that are none. */
#define _POSIX_C_SOURCE 200809L
#include "unit/report/report_files.h"

#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "report/published.h"
#include "unit/report/report_output.h"

static char file[64];

static const char *write_text(const char *text)
{
    snprintf(file, sizeof file, "/tmp/reslice_published.%ld.csv", (long)getpid());
    FILE *stream = fopen(file, "w");
    assert_non_null(stream);
    fputs(text, stream);
    fclose(stream);
    return file;
}

static void test_beside(void **state)
{
    (void)state;
    struct sample other = BITSLICE;
    other.run = "bitslice@alpha=2";
    other.file = "alpha.h5";
    const char *paper = write_text("# a paper\npaper, run ,accuracy,B3,B2,B1,B0\n\n"
                                   "Table 1,bitslice,97.67,0.84,4.02,4.27,9.58\r\n"
                                   "Table 1,l1,97.99,,,, # slices not given\n");
    const char *arguments[] = {
        "report", write_result(BITSLICE), write_result(other), "--paper", paper, "--format", "csv",
        NULL};
    assert_true(capture(run_command, arguments));
    for (int i = 1; i < 5; i++) /* all files */
        if (i != 3)
            assert_int_equal(unlink(arguments[i]), 0);
    ASSERT_CSV("published", 0, "run", "bitslice");
    ASSERT_CSV("published", 0, "source", "Table 1");
    ASSERT_CSV("published", 0, "test accuracy (%)", "97.67");
    ASSERT_CSV("published", 0, "B3 (%)", "0.84");
    ASSERT_CSV("published", 0, "B0 (%)", "9.58");
    ASSERT_CSV("published", 0, "slice mean (%)", "4.68");
    ASSERT_CSV("published", 0, "slice std (%)", "3.14"); /* as the paper prints it */
    ASSERT_CSV("published", 1, "run", "bitslice");
    ASSERT_CSV("published", 1, "source", "reslice");
    ASSERT_CSV("published", 1, "test accuracy (%)", "97.50");
    ASSERT_CSV("published", 1, "B3 (%)", "10.00");
    ASSERT_CSV("published", 1, "slice mean (%)", "25.00");
    ASSERT_CSV("published", 1, "slice std (%)", "11.18");
    ASSERT_CSV("published", 2, "run", "bitslice@alpha=2");
    ASSERT_CSV("published", 3, "run", "l1");
    ASSERT_CSV("published", 3, "B3 (%)", "");
    ASSERT_CSV("published", 3, "slice mean (%)", "");
    assert_null(csv_field("published", 4, "run"));
    assert_null(csv_field("accuracy", 0, "run"));
}

static void test_refused(void **state)
{
    (void)state;
    static const char *const texts[][2] = {
        {"paper,run,acuracy\n",                     ":1: no column"          },
        {"paper,run,B8\nx,y,1\n",                   ":1: no column"          },
        {"paper,run,run\n",                         "second time"            },
        {"paper,accuracy\nx,1\n",                   "must name"              },
        {"\n#\npaper,run,B1\nx,y,1,2\n",            ":4: not as many fields" },
        {"paper,run,B1\nx,y,120\n",                 ":2: no percentage"      },
        {"paper,run,B1\nx,y,nan\n",                 ":2: no percentage"      },
        {"paper,run,B1\nx,y,one\n",                 ":2: no percentage"      },
        {"paper,run,B1\nx,,1\n",                    ":2: a row without a run"},
        {"paper,run,B1\n",                          "no rows"                },
        {"paper,run,B1\nx,y,1,,,,,,,,,,,,,,,,,,\n", "more fields"            }
    };
    static struct published published;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        struct error err = {0};
        assert_false(published_read(&published, write_text(texts[i][0]), &err));
        if (!strstr(err.text, texts[i][1]) || !strstr(err.text, file))
            fail_msg("'%s' does not say '%s'", err.text, texts[i][1]);
    }
    unlink(file);
    struct error err = {0};
    assert_false(published_read(&published, file, &err));
    assert_non_null(strstr(err.text, "cannot be read"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_beside),
                                       cmocka_unit_test(test_refused)};
    return cmocka_run_group_tests(tests, make_report_folder, remove_report_folder);
}
