using System.Text.Json;
using Containers.Cmdlets.Tests.Lifecycle;

namespace Containers.Cmdlets.Tests.Observing;

/// <summary>Get-ContainerDetail, and its likeness to docker inspect.</summary>
public class DetailTests(ContainerHostFixture host) : LifecycleTest(host)
{
    /// <summary>Objects whose members are names that users chose.</summary>
    private static readonly string[] s_maps = ["PortBindings", "Ports", "ExposedPorts", "Labels", "Networks", "Tmpfs", "Volumes"];

    [SkippableFact]
    public void The_json_has_every_member_of_docker_inspect_with_the_same_kind_of_value()
    {
        Detach(
            "web", parameters: "-Publish 127.0.0.1:18080:80 -Tmpfs /scratch -Environment A=1 -Label tier=web -Memory 64m -Cpus 0.5 -RestartPolicy OnFailure "
                + "-Hostname box -HealthCommand 'echo fine' -HealthInterval 1h");
        Ok("$null = Test-ContainerHealth web; $null = New-ContainerVolume kept; $null = Invoke-ContainerImage busybox -Volume kept:/kept -Name plain -Network none -Command sh, '-c', 'exit 3'; $null = New-Container busybox -Name made -Command true");
        Dictionary<string, HashSet<string>> ours = [];
        using JsonDocument json = JsonDocument.Parse(Ok("Get-ContainerDetail web, plain, made -AsJson").Lines.Single());
        Assert.Equal(3, json.RootElement.GetArrayLength());
        foreach (JsonElement one in json.RootElement.EnumerateArray())
        {
            Walk(one, "", ours);
        }

        List<string> wrong = [];
        foreach ((string path, string[] kinds) in Docker())
        {
            if (!ours.TryGetValue(path, out HashSet<string>? mine))
            {
                wrong.Add($"{path} is missing");
            }
            else if (!mine.Concat(kinds).Contains("null") && !mine.IsSubsetOf(kinds))
            {
                wrong.Add($"{path} is {string.Join('|', mine)}, docker's is {string.Join('|', kinds)}");
            }
            else if (mine.Except(kinds).Except(["null", "array", "object"]).Any())
            {
                wrong.Add($"{path} is {string.Join('|', mine)}, docker's is {string.Join('|', kinds)}");
            }
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
    }

    [SkippableFact]
    public void The_values_are_those_of_the_container()
    {
        Detach("web", parameters: "-Publish 127.0.0.1:18081:80 -Environment A=1 -Label tier=web -Memory 64m -Cpus 0.5 -RestartPolicy Always -AddCapability net_admin");
        Ok("$null = Invoke-ContainerImage busybox -Name plain -Network none -Command sh, '-c', 'exit 3'");
        Assert.Equal(
            [
                "/web running True", "10.5", "sleep", "80/tcp 127.0.0.1:18081", "A=1", "web", "67108864 500000000 134217728", "always", "CAP_NET_ADMIN", "True",
            ],
            Ok("""
                $web = Get-ContainerDetail web -AsJson | ConvertFrom-Json
                $now = Get-Container web
                "$($web.Name) $($web.State.Status) $($web.State.Pid -eq $now.ProcessId)"
                if ($web.NetworkSettings.Networks.bridge.IPAddress -eq "$($now.IPAddress)" -and $web.NetworkSettings.IPAddress -eq "$($now.IPAddress)") { '10.5' }
                $web.Args[-1].Split()[1]
                "80/tcp $($web.NetworkSettings.Ports.'80/tcp'[0].HostIp):$($web.NetworkSettings.Ports.'80/tcp'[0].HostPort)"
                $web.Config.Env | Where-Object { $_ -like 'A=*' }
                $web.Config.Labels.tier
                "$($web.HostConfig.Memory) $($web.HostConfig.NanoCpus) $($web.HostConfig.MemorySwap)"
                $web.HostConfig.RestartPolicy.Name
                $web.HostConfig.CapAdd
                Test-Path "$($web.GraphDriver.Data.MergedDir)/bin"
                """).Lines);
        Assert.Equal(
            ["exited False 3 0", "none", "0"],
            Ok("""
                $plain = (Get-ContainerDetail plain -AsJson | ConvertFrom-Json)
                "$($plain.State.Status) $($plain.State.Running) $($plain.State.ExitCode) $($plain.State.Pid)"
                $plain.HostConfig.NetworkMode
                @($plain.NetworkSettings.Networks.PSObject.Properties).Count
                """).Lines);
    }

    [SkippableFact]
    public void Containers_are_found_by_what_they_mount_and_their_sizes_are_counted()
    {
        Detach("a", "head -c 3000000 /dev/urandom > /big; echo done; exec sleep 1000", "-Tmpfs /scratch -Network none");
        Detach("b", parameters: "-Network none");
        AwaitLog("a", "done");
        Assert.Equal(["a"], Ok("(Get-Container -Volume /scratch).Name").Lines);
        Assert.Equal(["a"], Ok("(Get-Container -Volume /scr*).Name").Lines);
        Assert.Empty(Ok("Get-Container -Volume other").Output);
        Assert.Equal(["True True True"], Ok("""
            $a, $b = Get-Container a, b -IncludeSize
            "$($a.Size -gt 2900000 -and $a.Size -lt 9MB) $($b.Size -lt 1MB) $($a.VirtualSize -gt $a.Size)"
            """).Lines);
        Assert.Equal("", Get("a", "Size"));
        Assert.Equal(["True"], Ok("(Get-ContainerDetail a -AsJson -IncludeSize | ConvertFrom-Json).SizeRw -gt 2900000").Lines);
    }

    [SkippableFact]
    public void The_object_and_its_view_tell_the_same_and_a_missing_container_is_an_error()
    {
        Detach("a", parameters: "-Network none -ReadOnly");
        string text = Host.Shell.Show("Get-ContainerDetail a").HostText;
        Assert.Matches(@"Name +: a\n", text);
        Assert.Contains("CAP_CHOWN", text, StringComparison.Ordinal);
        Assert.Equal(["True True /proc/kcore"], Ok("""
            $detail = Get-Container a | Get-ContainerDetail
            "$($detail.Spec.Storage.ReadOnly) $(Test-Path $detail.LogPath) $($detail.MaskedPaths -eq '/proc/kcore')"
            """).Lines);
        Fails("ContainerNotFound", "Get-ContainerDetail nobody");
        Assert.Equal(["[]"], Ok("Get-ContainerDetail nobody* -AsJson").Lines);
    }

    private static void Walk(JsonElement value, string path, Dictionary<string, HashSet<string>> kinds)
    {
        if (path.Length > 0)
        {
            if (!kinds.TryGetValue(path, out HashSet<string>? known))
            {
                kinds[path] = known = [];
            }

            known.Add(value.ValueKind switch
            {
                JsonValueKind.True or JsonValueKind.False => "boolean", _ => value.ValueKind.ToString().ToLowerInvariant(),
            });
        }

        if (value.ValueKind == JsonValueKind.Object)
        {
            bool map = s_maps.Contains(path.Split('.')[^1]) || path.EndsWith("LogConfig.Config", StringComparison.Ordinal);
            foreach (JsonProperty member in value.EnumerateObject())
            {
                Walk(member.Value, (path.Length > 0 ? path + "." : "") + (map ? "*" : member.Name), kinds);
            }
        }
        else if (value.ValueKind == JsonValueKind.Array)
        {
            foreach (JsonElement element in value.EnumerateArray())
            {
                Walk(element, path + "[]", kinds);
            }
        }
    }

    private static IEnumerable<(string Path, string[] Kinds)> Docker()
    {
        using StreamReader reader = new(typeof(DetailTests).Assembly.GetManifestResourceStream("docker-inspect.txt")!);
        while (reader.ReadLine() is { } line)
        {
            if (line.Split(' ') is [var path and not "#", var kinds])
            {
                yield return (path, kinds.Split('|'));
            }
        }
    }
}
