using System.Diagnostics;
using System.Management.Automation;
using Containers.Cmdlets.Tests.Hosting;
using Containers.Cmdlets.Tests.Lifecycle;

namespace Containers.Cmdlets.Tests.Observing;

/// <summary>Invoke-ContainerCommand -Namespace: script blocks of the host's PowerShell.</summary>
public class NamespaceTests(ContainerHostFixture host) : LifecycleTest(host)
{
    private static readonly string? s_pwsh = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
        .Select(folder => Path.Combine(folder, "pwsh")).FirstOrDefault(File.Exists);

    [SkippableFact]
    public void A_script_sees_the_containers_network_and_names_and_gives_objects_back()
    {
        Skip.If(s_pwsh is null, "pwsh is not installed.");
        Detach("web", parameters: "-Hostname webhost -AddHost other:10.1.2.3");
        string address = Get("web", "IPAddress");
        ScriptResult result = Ok("""
            $wanted = 'other'
            Invoke-ContainerCommand web -Namespace Network, Uts -ArgumentList 20, @{ a = 1 } {
                param($number, $table)
                @([regex]::Matches([System.IO.File]::ReadAllText('/proc/net/fib_trie'), '(?<=\|-- )\S+(?=\s+/32 host LOCAL)').Value -notlike '127.*')[0]
                [System.Net.Dns]::GetHostAddresses($using:wanted)[0].ToString()
                [System.Environment]::MachineName
                $number + $table.a
                [pscustomobject]@{ Name = 'x'; Size = 12 }
            }
            """);
        Assert.Equal([address, "10.1.2.3", "webhost", "21"], result.Lines.Take(4));
        Assert.IsType<int>(result.Output[3].BaseObject);
        Assert.Equal(12, result.Output[4].Properties["Size"].Value);
        Assert.Equal(0, result.LastExitCode);
    }

    [SkippableFact]
    public void Each_stream_and_the_exit_code_arrive_where_they_belong()
    {
        Skip.If(s_pwsh is null, "pwsh is not installed.");
        Detach("web", parameters: "-Network none");
        ScriptResult result = Run("""
            1, 2 | Invoke-ContainerCommand web -Namespace Network -InformationVariable told {
                "sum $(($input | Measure-Object -Sum).Sum)"
                Write-Error 'bad' -ErrorId Mine -Category LimitsExceeded
                Write-Warning 'careful'
                Write-Host 'shown'
                /bin/echo "native"
                exit 7
            } 6>$null
            "$($told.MessageData)"
            """);
        Assert.Equal(["sum 3", "native", "shown"], result.Lines);
        ErrorRecord error = Assert.Single(result.Errors);
        Assert.Equal(("bad", ErrorCategory.LimitsExceeded), (error.Exception.Message, error.CategoryInfo.Category));
        Assert.StartsWith("Mine", error.FullyQualifiedErrorId, StringComparison.Ordinal);
        Assert.Equal(["careful"], result.Warnings);
        Assert.Equal(7, result.LastExitCode);

        ScriptResult thrown = Run("Invoke-ContainerCommand web -Namespace Network { throw 'up' }");
        Assert.Equal("up", Assert.Single(thrown.Errors).Exception.Message);
        Assert.Equal(1, thrown.LastExitCode);
    }

    [SkippableFact]
    public void Text_in_arguments_and_variables_is_data_and_never_script()
    {
        Skip.If(s_pwsh is null, "pwsh is not installed.");
        Detach("web", parameters: "-Network none");
        string[] hostile = ["$(throw 'x')", "'; throw 'x'; '", "`\"\n; throw", "’; throw ‘x", "<Objs Version='1.1'></Objs>"];
        ScriptResult result = Ok(
            "$value = $args; Invoke-ContainerCommand web -Namespace Network -ArgumentList $args { $args; $using:value.Count; \"$($using:value[1])\" }",
            [.. hostile]);
        Assert.Equal([.. hostile, "5", hostile[1]], result.Lines);
    }

    [SkippableFact]
    public async Task Whoever_stops_it_ends_the_script_and_what_it_started()
    {
        Skip.If(s_pwsh is null, "pwsh is not installed.");
        Detach("web", parameters: "-Network none");
        Assert.Equal(["first"], Ok("Invoke-ContainerCommand web -Namespace Network { 'first'; Start-Sleep 1000 } | Select-Object -First 1").Lines);

        string mark = $"98765{Environment.ProcessId}";
        Task<ScriptResult> running = Host.Shell.RunAsync($"Invoke-ContainerCommand web -Namespace Network {{ /bin/sleep {mark} }}");
        Eventually(() => Sleepers(mark) == 1, () => "the script did not begin", 40);
        Stopwatch time = Stopwatch.StartNew();
        Host.Shell.Stop();
        Assert.True((await running).Stopped);
        Assert.True(time.Elapsed.TotalSeconds < 4, $"{time.Elapsed}");
        Eventually(() => Sleepers(mark) == 0, () => "what the script started is left");
    }

    [SkippableFact]
    public void What_cannot_be_is_refused()
    {
        Skip.If(s_pwsh is null, "pwsh is not installed.");
        Detach("web", parameters: "-Network none");
        Fails("NamespaceNotSupported", "Invoke-ContainerCommand web -Namespace Pid { 1 }");
        Fails("NamespaceNotSupported", "Invoke-ContainerCommand web -Namespace Network, Mount { 1 }");
        Ok("Stop-Container web -Force");
        Fails("ContainerNotRunning", "Invoke-ContainerCommand web -Namespace Network { 1 }");
        Fails("ContainerNotFound", "Invoke-ContainerCommand nobody -Namespace Network { 1 }");
        Fails("PowerShellNotFound", "$path = $env:PATH; $env:PATH = '/nowhere'; try { Invoke-ContainerCommand web -Namespace Network { 1 } } finally { $env:PATH = $path }");
    }

    private static int Sleepers(string mark) => Directory.GetDirectories("/proc").Count(process =>
        ContainerHostFixture.ReadOrEmpty(process + "/cmdline") == $"/bin/sleep\0{mark}\0");
}
