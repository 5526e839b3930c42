/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Loads the template plugin as the daemon does, with a host of the test's own behind it: the
 * program exports what the module looks for. */
#include <gmodule.h>
#include <string.h>

#include "plugin/host.h"

struct HthHost {
    guint16 port;
    const HthHttpRoute *route;
    gpointer route_data;
    HthCheck check;
    gpointer check_data;
    char *status;
};

/* What the plugin answers and reports goes here. */
struct HthHttpRequest {
    guint status;
    char *body;
};

struct HthDoctor {
    HthCheckResult result;
    char *finding;
};

const char *hth_host_friendly_name(HthHost *self)
{
    return "Living room";
}

const char *hth_host_version(HthHost *self)
{
    return "1.2.3";
}

guint16 hth_host_port(HthHost *self)
{
    return self->port;
}

void hth_host_add_lan_routes(HthHost *self, const HthHttpRoute *routes, guint n_routes,
                             gpointer data)
{
    g_assert_cmpuint(n_routes, ==, 1);
    self->route = routes;
    self->route_data = data;
}

void hth_host_add_check(HthHost *self, HthCheck check, gpointer data)
{
    self->check = check;
    self->check_data = data;
}

void hth_host_set_plugin_status(HthHost *self, const char *plugin, gboolean is_working,
                                const char *sentence)
{
    g_assert_cmpstr(plugin, ==, "template");
    g_assert_true(is_working);
    g_free(self->status);
    self->status = g_strdup(sentence);
}

void hth_http_request_respond(HthHttpRequest *self, guint status, const char *content_type,
                              const char *body)
{
    self->status = status;
    self->body = g_strdup(body);
}

void hth_doctor_report(HthDoctor *self, HthCheckResult result, const char *subject,
                       const char *finding, const char *cause, const char *mend)
{
    g_free(self->finding);
    self->finding = g_strdup(finding);
    self->result = result;
    g_assert_cmpint(result == HTH_CHECK_OK, ==, cause == NULL && mend == NULL);
}

static const HthPlugin *load(void)
{
    g_autofree char *path =
        g_build_filename(g_getenv("HEARTH_BUILD"), "plugins", "template", "template.so", NULL);
    GModule *module = g_module_open(path, G_MODULE_BIND_LOCAL);
    if (module == NULL)
        g_error("%s", g_module_error());
    g_module_make_resident(module);
    gpointer symbol = NULL;
    g_assert_true(g_module_symbol(module, HTH_PLUGIN_SYMBOL, &symbol));
    return symbol;
}

static void test_module_is_a_plugin(void)
{
    const HthPlugin *plugin = load();
    g_assert_cmpuint(plugin->abi, ==, HTH_PLUGIN_ABI);
    g_assert_cmpstr(plugin->name, ==, "template");
}

static void test_page_and_check_live_from_start_to_stop(void)
{
    const HthPlugin *plugin = load();
    HthHost host = { 0 };
    g_autoptr(GError) error = NULL;
    gpointer state = plugin->start(&host, &error);
    g_assert_no_error(error);
    g_assert_nonnull(state);

    HthDoctor doctor = { 0 };
    host.check(&doctor, host.check_data);
    g_assert_cmpint(doctor.result, ==, HTH_CHECK_NOTE);

    host.port = 8200;
    plugin->serving(state);
    g_assert_cmpstr(host.status, ==, "greets at /template");
    host.check(&doctor, host.check_data);
    g_assert_cmpint(doctor.result, ==, HTH_CHECK_OK);
    g_assert_nonnull(strstr(doctor.finding, "8200"));

    HthHttpRequest request = { 0 };
    g_assert_cmpstr(host.route->path, ==, "/template");
    g_assert_cmpuint(host.route->methods, ==, HTH_HTTP_GET);
    host.route->handler(&request, host.route_data);
    g_assert_cmpuint(request.status, ==, 200);
    g_assert_nonnull(strstr(request.body, "Living room"));
    g_assert_nonnull(strstr(request.body, "1.2.3"));

    plugin->stop(state);
    g_free(request.body);
    g_free(doctor.finding);
    g_free(host.status);
}

int main(int argc, char **argv)
{
    g_test_init(&argc, &argv, NULL);
    g_test_add_func("/template/module-is-a-plugin", test_module_is_a_plugin);
    g_test_add_func("/template/page-and-check-live-from-start-to-stop",
                    test_page_and_check_live_from_start_to_stop);
    return g_test_run();
}
