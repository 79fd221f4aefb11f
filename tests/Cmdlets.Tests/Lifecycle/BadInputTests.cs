using System.Diagnostics;
using System.Management.Automation;
using Containers.Cmdlets.Tests.Hosting;

namespace Containers.Cmdlets.Tests.Lifecycle;

/// <summary>Each refusal has its id, category, target and advice, and nothing half-made stays.</summary>
public sealed class BadInputTests(ContainerHostFixture host) : LifecycleTest(host)
{
    private void MakeOddImage()
    {
        if (Run("Get-ContainerImage odd*").Output.Count > 0)
        {
            return;
        }

        using TemporaryFolder folder = new();
        folder.File("plain", "#!/bin/sh\n");
        File.SetUnixFileMode(folder.File("noformat", "just text\n"), (UnixFileMode)0x1ED);
        string alien = folder.File("alien", "");
        byte[] header = new byte[256];
        "\x7fELF\x02\x01\x01"u8.CopyTo(header);
        (header[16], header[18], header[20], header[52]) = (2, 0x15, 1, 64); // ET_EXEC for PowerPC 64
        File.WriteAllBytes(alien, header);
        File.SetUnixFileMode(alien, (UnixFileMode)0x1ED);
        File.SetUnixFileMode(folder.File("script", "#!/no/such/interpreter\n"), (UnixFileMode)0x1ED);
        folder.File("etc/passwd", "web:x:1000:1000::/:\n");
        Ok("$null = New-ContainerImage odd -Path $args[0] -Command /plain", folder.Path);
    }

    public static TheoryData<string, ErrorCategory, string?, string> Refused => new()
    {
        { "CommandNotFound", ErrorCategory.ObjectNotFound, "nope", "busybox -Command nope" },
        { "CommandNotFound", ErrorCategory.ObjectNotFound, "/script", "odd -Command /script" },
        { "CommandNotExecutable", ErrorCategory.PermissionDenied, "/plain", "odd" },
        { "CommandNotExecutable", ErrorCategory.PermissionDenied, "/etc", "odd -Command /etc" },
        { "CommandFormat", ErrorCategory.InvalidData, "/alien", "odd -Command /alien" },
        { "CommandFormat", ErrorCategory.InvalidData, "/noformat", "odd -Command /noformat" },
        { "InvalidWorkingDirectory", ErrorCategory.InvalidArgument, "tmp", "busybox -WorkingDirectory tmp" },
        { "UnsafePath", ErrorCategory.InvalidData, "/plain", "odd -WorkingDirectory /plain" },
        { "UserNotFound", ErrorCategory.ObjectNotFound, "nobody", "odd -User nobody" },
        { "GroupNotFound", ErrorCategory.ObjectNotFound, "staff", "odd -User web:staff" },
        { "InvalidUser", ErrorCategory.InvalidArgument, "a b", "odd -User 'a b'" },
        { "ImageNotFound", ErrorCategory.ObjectNotFound, null, "nothing" },
        { "InvalidMemoryLimit", ErrorCategory.InvalidArgument, "1000", "busybox -Memory 1000" },
        { "InvalidMemorySwap", ErrorCategory.InvalidArgument, "1048576", "busybox -Memory 2MB -MemorySwap 1MB" },
        { "InvalidPidsLimit", ErrorCategory.InvalidArgument, "-5", "busybox -PidsLimit -5" },
        { "InvalidCpuCount", ErrorCategory.InvalidArgument, "5000", "busybox -Cpu 5000" },
        { "CpuLimitConflict", ErrorCategory.InvalidArgument, "1", "busybox -Cpu 1 -CpuQuota 5000" },
        { "InvalidCpuSet", ErrorCategory.InvalidArgument, "4000", "busybox -CpuSet 4000" },
        { "InvalidName", ErrorCategory.InvalidArgument, "a/b", "busybox -Name a/b" },
        { "InvalidSysctl", ErrorCategory.InvalidArgument, "kernel.core_pattern", "busybox -Sysctl @{ 'kernel.core_pattern' = '|x' }" },
        { "InvalidSysctl", ErrorCategory.InvalidArgument, "net.core.somaxconn", "busybox -Sysctl @{ 'net.core.somaxconn' = 'abc' }" },
        { "InvalidUlimit", ErrorCategory.InvalidArgument, "nope", "busybox -Ulimit @{ nope = 1 }" },
        { "InvalidUmask", ErrorCategory.InvalidArgument, "99", "busybox -Umask 99" },
        { "InvalidTmpfs", ErrorCategory.InvalidArgument, "/proc", "busybox -Tmpfs /proc" },
        { "InvalidHostName", ErrorCategory.InvalidArgument, "a b", "busybox -Hostname 'a b'" },
        { "InvalidNamespaceMode", ErrorCategory.InvalidArgument, "shared", "busybox -PidMode shared" },
        { "ContainerNotFound", ErrorCategory.ObjectNotFound, "nobody", "busybox -IpcMode container:nobody" },
        { "NetworkNotFound", ErrorCategory.ObjectNotFound, "bridge9", "busybox -Network bridge9" },
        { "DeviceNotFound", ErrorCategory.ObjectNotFound, "/dev/nothing", "busybox -Device /dev/nothing" },
        { "NotADevice", ErrorCategory.InvalidArgument, "/etc/passwd", "busybox -Device /etc/passwd:/dev/x" },
        { "RestartConflict", ErrorCategory.InvalidArgument, null, "busybox -RemoveOnExit -RestartPolicy Always" },
        { "InvalidSignal", ErrorCategory.InvalidArgument, "NOPE", "busybox -StopSignal NOPE" },
    };

    [SkippableTheory]
    [MemberData(nameof(Refused))]
    public void It_is_refused_with_id_category_target_and_advice(string errorId, ErrorCategory category, string? target, string definition)
    {
        MakeOddImage();
        foreach (string command in new[] { "Invoke-ContainerImage", "Invoke-ContainerImage -Detach" })
        {
            ErrorRecord error = Fails(errorId, $"{command} {definition}");
            Assert.Equal(category, error.CategoryInfo.Category);
            if (target is not null)
            {
                Assert.Equal(target, error.TargetObject?.ToString());
            }

            Assert.False(string.IsNullOrEmpty(error.ErrorDetails.RecommendedAction), "no advice");
            Assert.EndsWith(".", error.ErrorDetails.Message, StringComparison.Ordinal);
            Eventually(() => Host.Leftovers().Length == 0, Host.Leftovers, 3);
        }
    }

    [SkippableTheory]
    [InlineData("-Memory abc")]
    [InlineData("-Tmpfs '/t:size=x'")]
    [InlineData("-StopTimeout abc")]
    [InlineData("-RestartPolicy sometimes")]
    [InlineData("-OomScoreAdjustment 5000")]
    public void A_value_of_another_form_is_refused_at_the_parameter(string parameters)
    {
        ErrorRecord error = Assert.Single(Run($"New-Container busybox {parameters}").Errors);
        Assert.IsType<ParameterBindingException>(error.Exception, exactMatch: false);
        Assert.Equal("", Host.Leftovers());
    }

    [SkippableFact]
    public void Input_does_not_go_with_detach()
    {
        Fails("InputWithDetach", "'x' | Invoke-ContainerImage busybox -Detach");
        Assert.Equal("", Host.Leftovers());
    }

    [SkippableFact]
    public void A_failed_start_of_a_created_container_leaves_the_container_as_it_was()
    {
        Ok("$null = New-Container busybox -Name a -Command nope");
        Fails("CommandNotFound", "Start-Container a");
        Assert.Equal("Created", Get("a", "State"));
        Fails("CommandNotFound", "Start-Container a");
        Assert.Empty(Host.Monitors());
        Assert.Empty(ContainerHostFixture.CgroupDirectories(Host.CgroupParent).SelectMany(Directory.GetDirectories));
        Ok("Remove-Container a");
    }

    [SkippableFact]
    public void A_cid_file_that_exists_is_refused_and_one_of_a_failed_run_is_removed()
    {
        using TemporaryFolder folder = new();
        string path = folder.File("cid", "mine");
        Assert.Equal(ErrorCategory.ResourceExists, Fails("CidFileExists", $"New-Container busybox -CidFile {path}").CategoryInfo.Category);
        Assert.Equal("mine", File.ReadAllText(path));
        Fails("CommandNotFound", $"Invoke-ContainerImage busybox -CidFile {path}2 -Command nope");
        Assert.False(File.Exists(path + "2"));
        Ok($"$null = New-Container busybox -Name a -CidFile {path}3");
        Assert.Equal(Get("a", "Id"), File.ReadAllText(path + "3"));
    }

    [SkippableFact]
    public void A_data_root_that_cannot_be_written_is_named()
    {
        using TemporaryFolder folder = new();
        string file = folder.File("file", "");
        ErrorRecord error = Assert.Single(Run(
            "$old = $env:CONTAINERS_DATA_ROOT; $env:CONTAINERS_DATA_ROOT = $args[0];"
            + "try { New-ContainerImage b -Program busybox } finally { $env:CONTAINERS_DATA_ROOT = $old }",
            file + "/data").Errors);
        Assert.Contains(file, error.ToString(), StringComparison.Ordinal);
        Assert.False(string.IsNullOrEmpty(error.ErrorDetails?.RecommendedAction), error.Exception?.ToString());
    }

    [SkippableFact]
    public void Without_root_rights_the_error_says_so()
    {
        Run("1");
        Skip.If(!File.Exists("/usr/bin/setpriv"), "setpriv is not installed");
        using TemporaryFolder folder = new();
        File.SetUnixFileMode(folder.Path, (UnixFileMode)0x1FF);
        ProcessStartInfo start =
            new("/usr/bin/setpriv") { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = "/" };
        string script =
            $"Import-Module '{BuiltOutput.Module}'; try {{ New-ContainerImage b -Program busybox -ErrorAction Stop; New-Container b -ErrorAction Stop;"
            + "Start-Container (Get-Container).Id -ErrorAction Stop } catch { \"$($_.FullyQualifiedErrorId)|$($_.CategoryInfo.Category)|$($_.ErrorDetails.RecommendedAction)\" }";
        foreach (string argument in new[] { "--reuid=65534", "--regid=65534", "--clear-groups", BuiltOutput.Shell, "-Command", script })
        {
            start.ArgumentList.Add(argument);
        }

        start.Environment["HOME"] = folder.Path;
        start.Environment["CONTAINERS_DATA_ROOT"] = folder.Path + "/data";
        start.Environment["CONTAINERS_RUN_ROOT"] = folder.Path + "/run";
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd().Trim();
        Assert.True(process.WaitForExit(30_000));
        Skip.If(errors.Result.Contains("denied", StringComparison.OrdinalIgnoreCase)
            && output.Length == 0, "another user cannot read the built output");
        Assert.Contains("|PermissionDenied|", output + errors.Result, StringComparison.Ordinal);
        Assert.False(output.EndsWith('|'), output);
    }
}
