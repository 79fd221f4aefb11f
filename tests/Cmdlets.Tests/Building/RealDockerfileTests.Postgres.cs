namespace Containers.Cmdlets.Tests.Building;

/// <content>PostgreSQL in the style of its official image.</content>
public sealed partial class RealDockerfileTests
{
    private static readonly string[] s_postgresEntrypoint =
    [
        "COPY --chmod=755 <<'EOF' /usr/local/bin/docker-entrypoint.sh", "#!/usr/bin/env bash", "set -Eeo pipefail",
        "if [ \"$1\" = postgres ] && [ \"$(id -u)\" = 0 ]; then", "  mkdir -p \"$PGDATA\" && chmod 00700 \"$PGDATA\"",
        "  find \"$PGDATA\" \\! -user postgres -exec chown postgres '{}' +",
        "  exec setpriv --reuid=postgres --regid=postgres --init-groups \"$BASH_SOURCE\" \"$@\"", "fi",
        "if [ \"$1\" = postgres ] && [ ! -s \"$PGDATA/PG_VERSION\" ]; then", "  if [ -z \"$POSTGRES_PASSWORD\" ]; then", "    cat >&2 <<-'EOE'",
        "Error: Database is uninitialized and superuser password is not specified.",
        "       You must specify POSTGRES_PASSWORD to a non-empty value for the superuser.", "EOE", "    exit 1", "  fi",
        "  initdb --username=\"${POSTGRES_USER:=postgres}\" --pwfile=<(printf '%s\\n' \"$POSTGRES_PASSWORD\") --auth-host=scram-sha-256 $POSTGRES_INITDB_ARGS",
        "  printf '\\nhost all all all scram-sha-256\\n' >> \"$PGDATA/pg_hba.conf\"", "  pg_ctl -D \"$PGDATA\" -o \"-c listen_addresses=''\" -w start",
        "  psql=(psql -v ON_ERROR_STOP=1 --no-psqlrc --username \"$POSTGRES_USER\" --no-password)",
        "  \"${psql[@]}\" --dbname postgres -c \"CREATE DATABASE \\\"${POSTGRES_DB:=app}\\\"\"", "  for f in /docker-entrypoint-initdb.d/*; do",
        "    case \"$f\" in", "      *.sh) echo \"$0: sourcing $f\"; . \"$f\" ;;",
        "      *.sql) echo \"$0: running $f\"; \"${psql[@]}\" --dbname \"$POSTGRES_DB\" -f \"$f\" ;;",
        "      *.sql.gz) echo \"$0: running $f\"; gunzip -c \"$f\" | \"${psql[@]}\" --dbname \"$POSTGRES_DB\" ;;", "      *) echo \"$0: ignoring $f\" ;;",
        "    esac", "  done", "  pg_ctl -D \"$PGDATA\" -m fast -w stop",
        "  echo 'PostgreSQL init process complete; ready for start up.'", "fi", "exec \"$@\"", "EOF",
    ];

    [SkippableFact]
    public void PostgresIsSetUpByItsEntrypointOnceAndKeepsItsVolume()
    {
        BuildOnDebian(
            "postgres",
            [
                "FROM debian:12", "RUN set -eux; \\", "    groupadd -r postgres --gid=999; \\",
                "    useradd -r -g postgres --uid=999 --home-dir=/var/lib/postgresql --shell=/bin/bash postgres; \\",
                "    install --verbose --directory --owner postgres --group postgres --mode 1777 /var/lib/postgresql",
                "ENV PG_MAJOR=15 LANG=C.UTF-8 PGDATA=/var/lib/postgresql/data", "ENV PATH=$PATH:/usr/lib/postgresql/$PG_MAJOR/bin",
                "RUN mkdir /docker-entrypoint-initdb.d", Install + "postgresql-common \\",
                "    && sed -ri 's/#(create_main_cluster) .*$/\\1 = false/' /etc/postgresql-common/createcluster.conf \\",
                "    && DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends postgresql-$PG_MAJOR \\",
                "    && rm -rf /var/lib/apt/lists/* && postgres --version",
                "RUN sed -ri \"s!^#?(listen_addresses)\\s*=\\s*\\S+.*!\\1 = '*'!\" /usr/share/postgresql/$PG_MAJOR/postgresql.conf.sample && \\",
                "    grep -F \"listen_addresses = '*'\" /usr/share/postgresql/$PG_MAJOR/postgresql.conf.sample",
                "RUN install --directory --owner postgres --group postgres --mode 3777 /var/run/postgresql && \\",
                "    install --directory --owner postgres --group postgres --mode 1777 \"$PGDATA\"",
                "VOLUME /var/lib/postgresql/data", .. s_postgresEntrypoint, "ENTRYPOINT [\"docker-entrypoint.sh\"]", "STOPSIGNAL SIGINT", "EXPOSE 5432",
                "HEALTHCHECK --interval=300ms --timeout=5s CMD pg_isready -q -h 127.0.0.1", "CMD [\"postgres\"]",
            ]);

        Ok("$c = Invoke-ContainerImage postgres -Detach -Name refused -Network none; $null = Wait-Container refused -Condition Stopped -Timeout 20s");
        Assert.Equal("1", Ok("(Get-Container refused).ExitCode").Lines.Single());
        Assert.Equal(
            ["Stderr:Error: Database is uninitialized and superuser password is not specified."],
            Ok("Get-ContainerLog refused | Select-Object -First 1 | ForEach-Object { \"$($_.Stream):$($_.Line)\" }").Lines);

        Write("initdb/1-table.sql", "create table words (word text);\n");
        Write("initdb/2-words.sh", "\"${psql[@]}\" --dbname \"$POSTGRES_DB\" -c \"insert into words values ('of $POSTGRES_USER')\"\n");
        Write("initdb/3-notes.txt", "not for the database");
        Ok(
            "$null = Invoke-ContainerImage postgres -Detach -Name db -Network none -Volume \"$($args[0]):/docker-entrypoint-initdb.d:ro\""
            + " -Environment @{ POSTGRES_PASSWORD = 'pa ss'; POSTGRES_USER = 'shop'; POSTGRES_DB = 'goods'; POSTGRES_INITDB_ARGS = '--no-sync' };"
            + " $null = Wait-Container db -Condition Healthy -Timeout 60s", Path.Combine(Context, "initdb"));
        Assert.Equal(["of shop"], Query("pa ss", "select * from words"));
        Assert.Contains("password authentication failed", Query("wrong", "select 1")[^1], StringComparison.Ordinal);
        Assert.Equal(["postgres", "postgres"], Ok("Invoke-ContainerCommand db -Command stat, -c, '%U', /proc/1, /var/lib/postgresql/data").Lines);
        Assert.Contains("/usr/local/bin/docker-entrypoint.sh: ignoring /docker-entrypoint-initdb.d/3-notes.txt", Log("db"));

        Query("pa ss", "insert into words values ('kept')");
        Ok("Stop-Container db -Timeout 20s");
        Assert.Equal("0", Ok("(Get-Container db).ExitCode").Lines.Single());
        Assert.Contains(Log("db"), line => line.Contains("received fast shutdown request", StringComparison.Ordinal));
        Ok("Start-Container db; $null = Wait-Container db -Condition Healthy -Timeout 60s");
        Assert.Equal(["of shop", "kept"], Query("pa ss", "select * from words"));
        Assert.Single(Log("db"), "PostgreSQL init process complete; ready for start up.");
        Assert.Equal("SIGINT 5432/tcp /var/lib/postgresql/data", Config("postgres", "$c.Config.StopSignal) $($c.Config.ExposedPorts) $($c.Config.Volumes"));
        Ok("Get-Container | Remove-Container -Force; Get-ContainerVolume | Remove-ContainerVolume -Force");
        Clear("postgres");
    }

    /// <summary>Over the network, where the password is asked for.</summary>
    private IReadOnlyList<string> Query(string password, string statement) => Ok(
        "Invoke-ContainerCommand db -Command env, \"PGPASSWORD=$($args[0])\", sh, '-c', 'psql -h 127.0.0.1 -U shop -d goods -qtAc \"$0\" 2>&1', $args[1]",
        password, statement).Lines;
}
