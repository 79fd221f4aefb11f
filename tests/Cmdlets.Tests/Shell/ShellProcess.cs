using System.Diagnostics;
using Containers.Cmdlets.Tests.Hosting;

namespace Containers.Cmdlets.Tests.Shell;

/// <summary>containers-shell run as a user runs it.</summary>
internal static class ShellProcess
{
    internal static (int ExitCode, string Output, string Error) Run(string? input, params string[] arguments)
    {
        using Process process = Start(arguments);
        Task<string> output = process.StandardOutput.ReadToEndAsync();
        Task<string> error = process.StandardError.ReadToEndAsync();
        process.StandardInput.Write(input ?? "");
        process.StandardInput.Close();
        if (!process.WaitForExit(60_000))
        {
            process.Kill(entireProcessTree: true);
            throw new TimeoutException($"containers-shell {string.Join(' ', arguments)} did not end.");
        }

        return (process.ExitCode, output.Result, error.Result);
    }

    internal static Process Start(params string[] arguments)
    {
        ProcessStartInfo start = new(BuiltOutput.Shell, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        return Process.Start(start)!;
    }
}
