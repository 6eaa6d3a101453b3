/* The exposition is Prometheus' text format, and counting from many threads loses nothing. */
#include <drystone/platform/lock.h>
#include <drystone/platform/metrics.h>
#include <drystone/test.h>

static void exposition(void **state)
{
    static const char want[] =
        "# HELP rpc_requests_total Requests.\n# TYPE rpc_requests_total counter\n"
        "rpc_requests_total{method=\"eth_call\"} 3\n"
        "rpc_requests_total{method=\"a\\\"b\\\\c\\nd\",ok=\"no\"} 1\n"
        "# HELP head Head.\n# TYPE head gauge\nhead -5\n"
        "# HELP took_seconds Time.\n# TYPE took_seconds histogram\n"
        "took_seconds_bucket{le=\"0.001\"} 1\ntook_seconds_bucket{le=\"2\"} 2\n"
        "took_seconds_bucket{le=\"+Inf\"} 3\ntook_seconds_count 3\n"
        "took_seconds_sum 4.501\n";
    static const struct dry_metric_label call[] = {{"method", "eth_call"}};
    static const struct dry_metric_label odd[] = {{"method", "a\"b\\c\nd"}, {"ok", "no"}};
    static const uint64_t bounds[] = {1000000, 2000000000};
    struct dry_metrics *m = NULL;
    struct dry_metric *c = NULL, *again = NULL, *g = NULL, *h = NULL, *o = NULL;
    struct dry_buf out = {0};

    (void)state;
    CHECK(dry_ok(dry_metrics_open(&m)));
    CHECK(dry_ok(dry_metrics_counter(m, &c, "rpc_requests_total", "Requests.", call, 1)));
    CHECK(dry_ok(dry_metrics_gauge(m, &g, "head", "Head.", NULL, 0)));
    CHECK(dry_ok(dry_metrics_histogram(m, &h, "took_seconds", "Time.", bounds, 2, NULL, 0)));
    CHECK(dry_ok(dry_metrics_counter(m, &o, "rpc_requests_total", "Requests.", odd, 2)));
    CHECK(dry_ok(dry_metrics_counter(m, &again, "rpc_requests_total", "Requests.", call, 1)));
    CHECK(again == c && o != c);
    dry_metric_add(c, 2);
    dry_metric_add(again, 1);
    dry_metric_add(o, 1);
    dry_metric_set(g, -5);
    dry_metric_observe(h, 1000000);
    dry_metric_observe(h, 1500000000);
    dry_metric_observe(h, 3000000000);
    dry_metric_add(NULL, 1);
    CHECK(dry_ok(dry_metrics_write(m, &out)));
    CHECK_BYTES(dry_buf_bytes(&out), dry_bytes_of(want, sizeof(want) - 1), "exposition");
    dry_buf_fini(&out);
    dry_metrics_close(m);
}

static struct dry_metrics *shared;

static void counting(void *arg)
{
    struct dry_metric *c = NULL, *h = NULL;
    struct dry_buf out = {0};

    (void)arg;
    for (int i = 0; i < 1000; i++) {
        CHECK(dry_ok(dry_metrics_counter(shared, &c, "n", "N.", NULL, 0)));
        CHECK(dry_ok(dry_metrics_histogram(shared, &h, "h", "H.", NULL, 0, NULL, 0)));
        dry_metric_add(c, 1);
        dry_metric_observe(h, (uint64_t)i * 1000);
        if (i % 100 == 0)
            CHECK(dry_ok(dry_metrics_write(shared, &out)));
    }
    dry_buf_fini(&out);
}

static void threads(void **state)
{
    struct dry_thread t[3];
    struct dry_metric *c = NULL, *h = NULL;

    (void)state;
    CHECK(dry_ok(dry_metrics_open(&shared)));
    for (size_t i = 0; i < DRY_COUNT(t); i++)
        CHECK(dry_ok(dry_thread_start(&t[i], "counter", counting, NULL)));
    for (size_t i = 0; i < DRY_COUNT(t); i++)
        dry_thread_join(&t[i]);
    CHECK(dry_ok(dry_metrics_counter(shared, &c, "n", "N.", NULL, 0)));
    CHECK(dry_ok(dry_metrics_histogram(shared, &h, "h", "H.", NULL, 0, NULL, 0)));
    CHECK(dry_metric_value(c) == 3000 && dry_metric_value(h) == 3000);
    dry_metrics_close(shared);
}

static void limits(void **state)
{
    struct dry_metrics *m = NULL;
    struct dry_metric *c = NULL;
    char value[16];

    (void)state;
    CHECK(dry_ok(dry_metrics_open(&m)));
    for (int i = 0; i <= DRY_METRICS_MAX; i++) {
        struct dry_metric_label l = {"i", value};
        dry_status st;

        snprintf(value, sizeof(value), "%d", i);
        st = dry_metrics_counter(m, &c, "n", "N.", &l, 1);
        CHECK(i < DRY_METRICS_MAX ? dry_ok(st) : st.code == DRY_CODE_ELIMIT);
    }
    dry_metrics_close(m);
    TEST_EACH_ALLOC_FAILS({
        struct dry_buf out = {0};
        struct dry_metric_label l = {"k", "v"};
        dry_status st;

        m = NULL;
        st = dry_metrics_open(&m);
        if (dry_ok(st))
            st = dry_metrics_histogram(m, &c, "n", "N.", NULL, 0, &l, 1);
        if (dry_ok(st))
            st = dry_metrics_write(m, &out);
        CHECK(dry_ok(st) || (st.code == DRY_CODE_ENOMEM && test_alloc_failed()));
        dry_buf_fini(&out);
        dry_metrics_close(m);
    });
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(exposition),
        cmocka_unit_test(threads),
        cmocka_unit_test(limits),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
