using System.Diagnostics;

namespace Containers.Engine.Tests.Images;

/// <summary>The tools of the host as referees.</summary>
internal static class Shell
{
    internal static bool IsRoot => Libc.Euid == 0;

    internal static bool Has(string tool) =>
        new[] { "/usr/bin", "/bin", "/usr/sbin", "/sbin" }.Any(folder => File.Exists(Path.Join(folder, tool)));

    /// <summary>Runs a script and returns its output; a failure fails the test with what it said.</summary>
    internal static string Run(string script, string folder)
    {
        ProcessStartInfo start = new("/bin/sh") { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = folder };
        start.ArgumentList.Add("-ec");
        start.ArgumentList.Add(script);
        start.Environment["LC_ALL"] = "C";
        using Process process = Process.Start(start)!;
        Task<string> errors = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{script}: {output}{errors.Result}");
    }

    /// <summary>Names, types, modes, owners, sizes, links, times in whole seconds, hard link counts, attributes, contents.</summary>
    internal static string Listing(string folder) =>
        Run(
            @"find . -printf '%p|%y|%m|%U:%G|%n|%l|%Ts' \( -type f -printf '|%s' -o -printf '' \) -printf '\n' | sort; "
            + "find . \\( -type b -o -type c \\) -exec stat -c '%n %t:%T' {} + | sort; "
            + "find . -type f -print0 | sort -z | xargs -0r sha256sum; "
            + "find . \\( -type f -o -type d \\) -print0 | sort -z | xargs -0r getfattr -h -d -m '^(user|security.capability)' -e hex 2>/dev/null || true",
            folder);

    private static class Libc
    {
        internal static uint Euid => Engine.Linux.Libc.geteuid();
    }
}
