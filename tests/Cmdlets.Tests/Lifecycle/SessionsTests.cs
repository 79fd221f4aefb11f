namespace Containers.Cmdlets.Tests.Lifecycle;

/// <summary>Several sessions at once (F9, small).</summary>
public class SessionsTests(ContainerHostFixture host) : LifecycleTest(host)
{
    private static readonly string[] s_expected =
    [
        "NameConflict", "ContainerNotFound", "ContainerRunning", "ContainerNotRunning", "ContainerPaused", "ContainerStopping",
    ];

    [SkippableFact]
    public void Of_eight_sessions_one_gets_each_name_and_no_operation_hangs_or_breaks_another()
    {
        Run("1");
        string gate = Path.Combine(Host.Shell.RunRoot, "go");
        string script = $"while (-not [IO.File]::Exists('{gate}')) {{ [Threading.Thread]::Sleep(5) }};" + """
            $won = foreach ($n in 0..9) { New-Container busybox -Name "n$n" -Command sleep, 1000 -ErrorAction SilentlyContinue | ForEach-Object Name };
            "won $won"; $Error.Clear();
            $random = [Random]::new($PID);
            foreach ($i in 1..25) {
                # Names of its own: a slower session is still counting who won the others.
                $name = "r$($random.Next(4))"
                switch ($random.Next(6)) {
                    0 { $null = New-Container busybox -Name $name -Command sleep, 1000 -ErrorAction SilentlyContinue }
                    1 { Start-Container $name -ErrorAction SilentlyContinue }
                    2 { Stop-Container $name -Force -ErrorAction SilentlyContinue }
                    3 { Remove-Container $name -Force -ErrorAction SilentlyContinue }
                    4 { $null = Invoke-ContainerImage busybox -Detach -Name $name -Command sleep, 1000 -ErrorAction SilentlyContinue }
                    5 { $null = Get-Container -ErrorAction SilentlyContinue }
                }
            }
            foreach ($e in $Error) { "error $($e.FullyQualifiedErrorId.Split(',')[0]) $e" }
            'done'
            """;
        OtherSession[] sessions = [.. Enumerable.Range(0, 8).Select(_ => new OtherSession(Host, script))];
        try
        {
            File.WriteAllText(gate, "");
            string[][] outputs = [.. sessions.Select(session => session.Finish(60))];
            Assert.All(outputs, lines => Assert.Equal("done", lines[^1]));
            string[] won =
                [.. outputs.SelectMany(lines =>
                lines.Single(l => l.StartsWith("won", StringComparison.Ordinal)).Split(' ').Skip(1)).Order()];
            Assert.Equal(Enumerable.Range(0, 10).Select(n => $"n{n}"), won);
            string[] unexpected =
            [
                .. outputs.SelectMany(lines => lines)
                    .Where(line => line.StartsWith("error ", StringComparison.Ordinal) && !s_expected.Contains(line.Split(' ')[1])),
            ];
            Assert.True(unexpected.Length == 0, string.Join('\n', unexpected));
            Assert.DoesNotContain("Damaged", Ok("(Get-Container).State | ForEach-Object { \"$_\" }").Lines);
        }
        finally
        {
            File.Delete(gate);
            foreach (OtherSession session in sessions)
            {
                session.Dispose();
            }
        }
    }
}
