using System.Management.Automation;
using System.Management.Automation.Runspaces;
using Containers.Cmdlets.Tests.Hosting;
using Containers.Shell.Hosting;

namespace Containers.Cmdlets.Tests.Shell;

/// <summary>The stand-ins for the cmdlets of the Utility and Management modules. Expected values are those of pwsh 7.6.</summary>
public sealed class ShellCmdletTests : IDisposable
{
    private readonly TemporaryFolder _folder = new();
    private readonly Runspace _runspace = RunspaceFactory.CreateRunspace(ShellSessionState.Create());

    public ShellCmdletTests() => _runspace.Open();

    public void Dispose()
    {
        _runspace.Dispose();
        _folder.Dispose();
    }

    [Theory]
    [InlineData("(Write-Output 1 2 3) -join ','", "1,2,3")]
    [InlineData("(1..9 | Select-Object -First 2) -join ','", "1,2")]
    [InlineData("(1..9 | Select-Object -Last 2 -Skip 1) -join ','", "7,8")]
    [InlineData("(1..9 | Select-Object -Skip 6) -join ','", "7,8,9")]
    [InlineData("(1..4 | Select-Object -SkipLast 1) -join ','", "1,2,3")]
    [InlineData("(1,1,2,1 | Select-Object -Unique) -join ','", "1,2")]
    [InlineData("('a','b','c' | Select-Object -Index 0,2) -join ','", "a,c")]
    [InlineData("([pscustomobject]@{a=1;b=2} | select a, @{n='c';e={$_.b+1}}, d | ConvertTo-Json -Compress)", "{\"a\":1,\"c\":3,\"d\":null}")]
    [InlineData("([pscustomobject]@{aa=1;ab=2;b=3} | select a* -ExcludeProperty ab | ConvertTo-Json -Compress)", "{\"aa\":1}")]
    [InlineData("([pscustomobject]@{a=1,2} | select -ExpandProperty a) -join ','", "1,2")]
    [InlineData("(3,1,2 | Sort-Object) -join ','", "1,2,3")]
    [InlineData("('b','A','c' | Sort-Object -Descending) -join ','", "c,b,A")]
    [InlineData("(@{k=2;n='x'},@{k=1;n='y'},@{k=2;n='w'} | % { [pscustomobject]$_ } | sort @{e='k';Descending=$true}, n | % n) -join ','", "w,x,y")]
    [InlineData("(1,2,2,3 | Sort-Object -Unique) -join ','", "1,2,3")]
    [InlineData("('a','B','b' | Group-Object | % { $_.Name + $_.Count }) -join ','", "a1,B2")]
    [InlineData("(1..4 | Measure-Object -Sum -Average -Maximum -Minimum | % { $_.Count, $_.Sum, $_.Average, $_.Maximum, $_.Minimum }) -join ','", "4,10,2.5,4,1")]
    [InlineData("(@{a=1;b=@('x',$null,1.0,$true)} | ConvertTo-Json -Compress).Length", "31")]
    [InlineData("('{\"a\":[1,{\"b\":\"x\"}],\"d\":2.5}' | ConvertFrom-Json).a[1].b", "x")]
    [InlineData("('{\"a\":1}' | ConvertFrom-Json -AsHashtable).GetType().Name", "OrderedHashtable")]
    [InlineData("('[1,2]' | ConvertFrom-Json | Measure-Object).Count", "2")]
    [InlineData("Join-Path /a b c", "/a/b/c")]
    [InlineData("Split-Path /a/b.txt", "/a")]
    [InlineData("Split-Path /a/b.txt -Leaf", "b.txt")]
    [InlineData("Split-Path /a/b.txt -LeafBase", "b")]
    [InlineData("Get-Date 2020-02-03 -Format yyyyMMdd", "20200203")]
    [InlineData("([pscustomobject]@{a=1} | Format-List | Out-String).Trim()", "a : 1")]
    [InlineData("(1,2 | Out-String -Stream) -join '+'", "1+2")]
    [InlineData("(Measure-Command { Start-Sleep -Milliseconds 40 }).TotalMilliseconds -ge 30", "True")]
    [InlineData("$a = 0; Measure-Command { $a = 5 } | Out-Null; $a", "5")]
    [InlineData("(New-Object -TypeName System.Text.StringBuilder -ArgumentList 'x').ToString()", "x")]
    [InlineData("Invoke-Expression '1 + 2'", "3")]
    [InlineData("('x' | Get-Member Length).MemberType", "Property")]
    public void Gives_what_pwsh_gives(string script, string expected) => Assert.Equal(expected, Value(script));

    [Fact]
    public void Select_first_stops_the_commands_before_it()
    {
        Assert.Equal("2", Value("$n = 0; $null = 1..100 | ForEach-Object { $script:n++; $_ } | Select-Object -First 2; $n"));
    }

    [Fact]
    public void Files_are_written_read_listed_and_removed()
    {
        string script = $$"""
            Set-Location '{{_folder.Path}}'
            'a', 'b' | Set-Content f.txt
            'c' | Add-Content f.txt
            (Get-Content f.txt) -join ','
            (Get-Content f.txt -Raw).Length
            Get-Content f.txt -Tail 1
            $null = New-Item sub/deep -ItemType Directory -Force
            1 > sub/x.log
            Copy-Item f.txt sub/g.txt
            (Get-ChildItem sub | ForEach-Object Name) -join ','
            (Get-ChildItem -Recurse -File -Filter *.log).Name
            Test-Path sub -PathType Container
            Remove-Item sub -ErrorAction SilentlyContinue
            Test-Path sub
            Remove-Item sub -Recurse -Force
            Test-Path sub
            (Get-Location).Path
            """;
        Assert.Equal(["a,b,c", "6", "c", "deep,g.txt,x.log", "x.log", "True", "True", "False", _folder.Path], Run(script));
    }

    [Fact]
    public void Whatif_removes_nothing()
    {
        string file = _folder.File("keep", "x");
        Run($"Remove-Item '{file}' -WhatIf");
        Assert.True(File.Exists(file));
    }

    [Fact]
    public void Json_deeper_than_the_depth_warns()
    {
        using PowerShell shell = PowerShell.Create(_runspace);
        shell.AddScript("@{a=@{b=@{c=@{d=1}}}} | ConvertTo-Json -Depth 1 -Compress").Invoke();
        Assert.Contains("depth of 1", Assert.Single(shell.Streams.Warning).Message, StringComparison.Ordinal);
    }

    private string Value(string script) => Assert.Single(Run(script));

    private List<string> Run(string script)
    {
        using PowerShell shell = PowerShell.Create(_runspace);
        return [.. shell.AddScript(script).Invoke().Select(o => LanguagePrimitives.ConvertTo<string>(o))];
    }
}
