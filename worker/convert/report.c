/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "report.h"

#include <string.h>
#include <unistd.h>

#include "base/error.h"
#include "media/convert-protocol.h"

void hth_report(int fd, const char *word, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    g_autofree char *text = g_strdup_vprintf(format, args);
    va_end(args);
    g_strdelimit(text, "\n\r", ' ');
    char line[HTH_CONVERT_LINE_MAX];
    g_snprintf(line, sizeof line - 1, "%s %s", word, text);
    strcat(line, "\n");
    if (write(fd, line, strlen(line)) < 0)
        _exit(1); /* nobody listens */
}

void hth_report_failure(int fd, const GError *error)
{
    const int code = error->domain == HTH_ERROR ? error->code : HTH_ERROR_FAILED;
    hth_report(fd, "failed", "%d %s", code, error->message);
}
