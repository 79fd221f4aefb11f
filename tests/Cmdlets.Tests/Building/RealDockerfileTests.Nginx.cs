namespace Containers.Cmdlets.Tests.Building;

/// <content>nginx in the style of its official image. The web server is in the base already; what serves TLS is installed.</content>
public sealed partial class RealDockerfileTests
{
    private const string Request = "exec 3<>/dev/tcp/127.0.0.1/80; printf \"GET $0 HTTP/1.0\\r\\n\\r\\n\" >&3; sed \"s/\\r//\" <&3";

    [SkippableFact]
    public void NginxLogsToItsContainerAndEndsWhenItsRequestsHave()
    {
        BuildOnDebian(
            "nginx",
            "FROM debian:12", "LABEL maintainer=\"NGINX Docker Maintainers <docker-maint@nginx.com>\"", "ENV NGINX_VERSION=1.22",
            "RUN groupadd --system --gid 101 nginx \\",
            "    && useradd --system --gid nginx --no-create-home --home /nonexistent --comment \"nginx user\" --shell /bin/false --uid 101 nginx",
            Install + "nginx-light openssl \\", "    && rm -rf /var/lib/apt/lists/* \\", "    && ln -sf /dev/stdout /var/log/nginx/access.log \\",
            "    && ln -sf /dev/stderr /var/log/nginx/error.log \\", "    && mkdir /docker-entrypoint.d",
            "COPY <<'EOF' /etc/nginx/nginx.conf", "user nginx;", "worker_processes 1;", "error_log /var/log/nginx/error.log notice;", "pid /run/nginx.pid;",
            "events { worker_connections 64; }", "http {", "  log_format main '$remote_addr \"$request\" $status $body_bytes_sent';",
            "  access_log /var/log/nginx/access.log main;", "  include /etc/nginx/conf.d/*.conf;", "}", "EOF",
            "COPY <<'EOF' /etc/nginx/conf.d/default.conf", "server {", "  listen 80;", "  listen 443 ssl;", "  ssl_certificate /etc/nginx/tls.crt;",
            "  ssl_certificate_key /etc/nginx/tls.key;", "  root /usr/share/nginx/html;", "  location = /slow { limit_rate 100k; }", "}", "EOF",
            "COPY --chmod=755 <<'EOF' /docker-entrypoint.sh", "#!/bin/sh", "set -e", "if [ \"$1\" = nginx ]; then",
            "  find /docker-entrypoint.d/ -follow -type f -print | sort -V | while read -r f; do", "    case \"$f\" in",
            "      *.sh) echo \"$0: Launching $f\"; \"$f\" ;;", "      *) echo \"$0: Ignoring $f\" ;;", "    esac", "  done",
            "  echo \"$0: Configuration complete; ready for start up\"", "fi", "exec \"$@\"", "EOF",
            "COPY --chmod=755 <<'EOF' /docker-entrypoint.d/10-certificate.sh", "#!/bin/sh", "[ -s /etc/nginx/tls.key ] || openssl req \\",
            "  -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=localhost \\",
            "  -keyout /etc/nginx/tls.key -out /etc/nginx/tls.crt 2>/dev/null", "EOF",
            "COPY <<'EOF' /docker-entrypoint.d/20-notes.txt", "not for the shell", "EOF",
            "COPY <<'EOF' /usr/share/nginx/html/index.html", "<h1>Welcome to nginx!</h1>", "EOF", "RUN head -c 150000 /dev/zero > /usr/share/nginx/html/slow",
            "ENTRYPOINT [\"/docker-entrypoint.sh\"]", "EXPOSE 80 443", "STOPSIGNAL SIGQUIT", "CMD [\"nginx\", \"-g\", \"daemon off;\"]");
        Ok("$null = Invoke-ContainerImage nginx -Detach -Name web -Network none; $null = Wait-Container web -Port 80 -Timeout 30s");
        string[] page = [.. InWeb(Request, "/")];
        Assert.Equal("HTTP/1.1 200 OK", page[0]);
        Assert.Equal("<h1>Welcome to nginx!</h1>", page[^1]);
        Assert.Equal("HTTP/1.1 404 Not Found", InWeb(Request, "/none")[0]);
        Assert.Equal(
            "<h1>Welcome to nginx!</h1>",
            InWeb("printf 'GET / HTTP/1.0\\r\\n\\r\\n' | openssl s_client -quiet -connect localhost:443 2>/dev/null | tail -n 1", "").Single());
        Assert.Equal(["root", "nginx"], InWeb("stat -c %U /proc/1 /proc/$(cat /proc/1/task/1/children)", ""));

        // The request is answered to its end although the server was told to end in the middle of it.
        Ok("$null = Start-ContainerProcess web -Command bash, '-c', $args[0], /slow", Request + " > /dev/null");
        Eventually(() => InWeb("ss=$(grep -c ' 01 ' /proc/net/tcp); [ $ss -ge 2 ] && echo yes", "") is ["yes"], () => "no request");
        Ok("Stop-Container web -Timeout 20s");
        Assert.Equal("0", Ok("(Get-Container web).ExitCode").Lines.Single());
        string[] log = Log("web");
        string[] access =
        [
            "127.0.0.1 \"GET / HTTP/1.0\" 200 27", "127.0.0.1 \"GET /none HTTP/1.0\" 404 153", "127.0.0.1 \"GET / HTTP/1.0\" 200 27",
            "127.0.0.1 \"GET /slow HTTP/1.0\" 200 150000",
        ];
        Assert.Equal(access, log.Where(line => line.StartsWith("127.0.0.1 ", StringComparison.Ordinal)));
        Assert.Contains("/docker-entrypoint.sh: Launching /docker-entrypoint.d/10-certificate.sh", log);
        Assert.Contains("/docker-entrypoint.sh: Ignoring /docker-entrypoint.d/20-notes.txt", log);
        Assert.Contains(log, line => line.EndsWith("signal 3 (SIGQUIT) received, shutting down", StringComparison.Ordinal));
        Assert.Contains(log, line => line.EndsWith("gracefully shutting down", StringComparison.Ordinal));
        Assert.Equal("443/tcp 80/tcp SIGQUIT", Config("nginx", "$c.Config.ExposedPorts) $($c.Config.StopSignal"));
        Ok("Remove-Container web");
        Clear("nginx");
    }

    private IReadOnlyList<string> InWeb(string script, string argument) =>
        Ok("Invoke-ContainerCommand web -Command bash, '-c', $args[0], $args[1]", script, argument).Lines;
}
