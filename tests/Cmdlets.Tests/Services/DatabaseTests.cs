using Containers.Cmdlets.Tests.Hosting;
using Containers.Cmdlets.Tests.Lifecycle;
using Containers.Cmdlets.Tests.Network.Scenarios;

namespace Containers.Cmdlets.Tests.Services;

/// <summary>
/// What people run: PostgreSQL and Redis of Debian in one image, their data in volumes, clients in other containers over the network. They
/// are killed, restarted, removed and made again, and lose nothing.
/// </summary>
public class DatabaseTests(ContainerHostFixture host, LanFixture lan) : LanTest(host, lan)
{
    private static readonly string[] s_counts = ["1000", "1001000"];

    /// <summary>Packages come from a folder of the host: the containers of the tests reach no mirror. Without syncs, as Debian's own images are made.</summary>
    private const string Install =
        "printf 'force-unsafe-io\\npath-exclude /usr/share/doc/*\\npath-exclude /usr/share/man/*\\n' >/etc/dpkg/dpkg.cfg.d/docker && "
        + "echo 'deb [trusted=yes] file:/var/local/more ./' >/etc/apt/sources.list.d/more.list && apt-get -q update && "
        + "printf '#!/bin/sh\\nexit 101\\n' >/usr/sbin/policy-rc.d && chmod 755 /usr/sbin/policy-rc.d && "
        + "DEBIAN_FRONTEND=noninteractive apt-get -q install -y --no-install-recommends postgresql redis-server && "
        + "echo 'host all all 0.0.0.0/0 trust' >>/etc/postgresql/15/main/pg_hba.conf";

    private const string Postgres =
        "-User postgres -Mount @{ Source = 'tables'; Target = '/var/lib/postgresql' } -HealthCommand pg_isready -HealthInterval 500ms "
        + "-Command /usr/lib/postgresql/15/bin/postgres, -D, /var/lib/postgresql/15/main, -c, config_file=/etc/postgresql/15/main/postgresql.conf, "
        + "-c, 'listen_addresses=*'";

    [SkippableFact]
    public void Databases_keep_what_was_written_over_kills_restarts_and_new_containers()
    {
        Skip.If(Host.Missing is not null, Host.Missing);
        string folder = Path.Combine(Path.GetDirectoryName(Path.GetDirectoryName(BuiltOutput.Module!)!)!, "debian");
        Skip.IfNot(
            File.Exists(folder + ".complete") && Directory.Exists(folder + ".packages"),
            "there is no Debian root file system with packages: ./build.sh test makes one where it reaches a mirror");
        Ok("$null = New-ContainerImage -Path $args[0] -Name debian:12 -Command bash", folder);
        Ok(
            "Invoke-ContainerImage debian:12 -Name install -Network none -Volume \"$($args[0]):/var/local/more:ro\" -Command sh, -c, $args[1] -ErrorOnNonZeroExit"
            + " > $null; $null = ConvertTo-ContainerImage install databases; Remove-Container install",
            folder + ".packages", Install);

        PostgresSurvives();
        RedisSurvives();
        Ok("Get-Container | Remove-Container -Force; Get-ContainerVolume | Remove-ContainerVolume -Force;"
            + " Remove-ContainerImage databases, debian:12 > $null");
    }

    private void PostgresSurvives()
    {
        Ok("$null = New-ContainerVolume tables; $null = Invoke-ContainerImage databases -Detach -Name db " + Postgres);
        AwaitHealthy();
        Sql("create table t (n int); insert into t select generate_series(1, 1000)");

        // A kill in the middle of writing: what was committed is there.
        Ok("$null = Start-ContainerProcess db -User postgres -Command psql, -qc, 'begin; insert into t select generate_series(1, 1000000); commit'");
        Ok("Send-ContainerSignal db KILL; $null = Wait-Container db -Condition Stopped; $null = Start-Container db");
        AwaitHealthy();
        Assert.Contains(Sql("select count(*) from t"), s_counts);

        Ok("$null = Restart-Container db");
        AwaitHealthy();
        Ok("Remove-Container db -Force; $null = Invoke-ContainerImage databases -Detach -Name db " + Postgres);
        AwaitHealthy();
        Assert.Contains(Sql("select count(*) from t"), s_counts);
        Fails("VolumeInUse", "Remove-ContainerVolume tables");

        // A program of the host looks at it from inside its network.
        Assert.Equal(["accepting"], Ok(
            "Invoke-ContainerCommand db -User postgres -Command sh, -c, 'pg_isready | cut -d\" \" -f3'").Lines);
        Ok("Remove-Container db -Force");
    }

    private void RedisSurvives()
    {
        Ok("$null = Invoke-ContainerImage databases -Detach -Name cache -User redis -Volume words:/var/lib/redis -WorkingDirectory /var/lib/redis"
            + " -Command redis-server, --bind, 0.0.0.0, --protected-mode, no, --appendonly, yes, --appendfsync, always");
        Ok("$null = Wait-Container cache -Port 6379 -Timeout 20s");
        Assert.Equal(["OK"], Redis("SET word kept"));
        Ok("Send-ContainerSignal cache KILL; $null = Wait-Container cache -Condition Stopped; $null = Start-Container cache;"
            + " $null = Wait-Container cache -Port 6379 -Timeout 20s");
        Assert.Equal(["kept"], Redis("GET word"));
        Ok("Remove-Container cache -Force");
    }

    private void AwaitHealthy() => Ok("$null = Wait-Container db -Condition Healthy -Timeout 60s");

    /// <summary>From another container, by name.</summary>
    private string Sql(string statement) => string.Join(
        '\n', Ok("Invoke-ContainerImage databases -RemoveOnExit -User postgres -Command psql, -h, db, -qtAc, $args[0] -ErrorOnNonZeroExit", statement).Lines);

    private IReadOnlyList<string> Redis(string command) =>
        Ok($"Invoke-ContainerImage databases -RemoveOnExit -Command redis-cli, -h, cache, {string.Join(", ", command.Split(' '))}").Lines;
}
