# Runs the acceptance tests and writes what build/Tools sums up: a list of Name, Result and Message.
[CmdletBinding()]
param([Parameter(Mandatory)] [string] $Results)

$ErrorActionPreference = 'Stop'
Import-Module -Name Pester -MinimumVersion 5.0

$tests = Join-Path (Split-Path $PSScriptRoot) 'tests'
$configuration = New-PesterConfiguration
$configuration.Run.Path = @(@('Pester', 'Walkthroughs') | ForEach-Object { Join-Path $tests $_ } | Where-Object { Test-Path $_ })
$configuration.Run.PassThru = $true
$configuration.Output.Verbosity = 'Detailed'

$run = Invoke-Pester -Configuration $configuration

$list = @(
    foreach ($test in $run.Tests) {
        @{
            Name    = $test.ExpandedPath
            Result  = $test.Result
            Message = ($test.ErrorRecord | ForEach-Object { $_.Exception.Message; $_.ScriptStackTrace -split "`n" -notmatch 'Pester\.psm1' }) -join "`n"
        }
    }
    # A file that does not parse, and a block whose BeforeAll fails, have no failed test to show for it.
    foreach ($broken in @($run.FailedContainers) + @($run.FailedBlocks)) {
        @{
            Name    = "$($broken.Name)$($broken.Item)"
            Result  = 'Failed'
            Message = ($broken.ErrorRecord | ForEach-Object { $_.Exception.Message }) -join "`n"
        }
    }
)
ConvertTo-Json -InputObject $list -Depth 3 | Set-Content -LiteralPath $Results
exit [int]($run.Result -ne 'Passed')
