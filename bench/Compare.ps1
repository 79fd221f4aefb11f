#Requires -Version 7.6
<#
.SYNOPSIS
Measures Containers beside docker, podman and crun in one run.
.DESCRIPTION
Every job runs round by round, each engine once a round, so that what the machine does meanwhile meets all of them. Printed are
medians, and the median of each round's ratio: only ratios of one run count. What is not installed is skipped with a line.
Every engine has a network namespace of its own for a host, so that bridges and rules meet neither each other nor the machine's;
they go with it. dockerd is started with roots of its own and stopped by its process id. Nothing outside a temporary folder, the
cgroups of the containers and the folder of results is touched.
.EXAMPLE
bench/run.sh
.EXAMPLE
bench/run.sh -Job Run,Stop -Rounds 30
.EXAMPLE
bench/run.sh -Job Throughput,Connections -Seconds 5
#>
[CmdletBinding()]
param(
    # As one text too, because pwsh -File knows no lists: -Job Run,Stop
    [string[]] $Job = @(
        'Run', 'Exec', 'Detached', 'Stop', 'Memory', 'List', 'Stats', 'Copy', 'Log', 'Import',
        'NetRun', 'NetDetached', 'NetPublish', 'PublishLive', 'NetHundred', 'Throughput', 'Connections',
        'Pull', 'Load', 'Save', 'ImportRoot', 'Commit', 'ImageList', 'Build', 'BuildCopy', 'BuildStages'),
    [ValidateRange(3, 1000)] [int] $Rounds = 20,
    # How long each measurement of traffic takes.
    [ValidateRange(1, 60)] [int] $Seconds = 5,
    [string] $Module = "$PSScriptRoot/../out/Containers",
    # The same file system for all; a folder below it is made and removed.
    [string] $Temp = '/var/tmp',
    [string] $Results = "$PSScriptRoot/../out/bench",
    [string[]] $Without = @()
)

Set-StrictMode -Version 3
$ErrorActionPreference = 'Stop'
$Job = @($Job -split ',' | Where-Object { $_ })
$Without = @($Without -split ',' | Where-Object { $_ })
if ((id -u) -ne '0') { throw 'The engines need root: run it with sudo.' }
if ((Get-Item /proc/self/ns/net).Target -eq (Get-Item /proc/1/ns/net).Target) { throw 'This is the machine''s network. Start bench/run.sh.' }
if (-not (Test-Path "$Module/Containers.psd1")) { throw "There is no module in $Module. Run ./build.sh build first." }
if (-not (Get-Command busybox -ErrorAction Ignore)) { throw 'busybox is missing (apt install busybox-static): the containers are made of it.' }

Add-Type -Path "$PSScriptRoot/Spawn.cs" -CompilerOptions '/unsafe' -IgnoreWarnings
Import-Module "$(Resolve-Path $Module)/Containers.psd1"
. "$PSScriptRoot/Rivals.ps1"
. "$PSScriptRoot/Hosts.ps1"
. "$PSScriptRoot/Jobs.ps1"
. "$PSScriptRoot/NetworkJobs.ps1"
. "$PSScriptRoot/TrafficJobs.ps1"
. "$PSScriptRoot/ImageJobs.ps1"
. "$PSScriptRoot/BuildJobs.ps1"

$work = New-Item -ItemType Directory -Path "$Temp/containers-bench-$PID"
$env:CONTAINERS_DATA_ROOT = "$work/data"
$env:CONTAINERS_RUN_ROOT = "$work/run"
$script:Figures = [System.Collections.Generic.List[object]]::new()
try {
    New-RootFileSystem $work
    $null = New-ContainerImage bench -Path "$work/bundle/rootfs"
    Start-Rival $work $Without
    Write-Host ("{0} processors, kernel {1}, load {2}" -f [Environment]::ProcessorCount, (uname -r), (Get-Content /proc/loadavg))
    foreach ($one in $Job) { & "Measure-$one" }
}
finally {
    # Each part even when the one before fails: no daemon, mount or container may stay.
    try { Get-Container | Remove-Container -Force -Confirm:$false } catch { Write-Warning "$_" }
    try { Stop-BenchRegistry } catch { Write-Warning "$_" }
    try { Stop-Rival $work } catch { Write-Warning "$_" }
    try { Stop-NetworkSpace } catch { Write-Warning "$_" }
    Remove-Item -Recurse -Force $work
}

$null = New-Item -ItemType Directory -Force -Path $Results
$Figures | ConvertTo-Json -Depth 5 | Set-Content "$Results/compare.json"
$Figures | Format-Table -AutoSize Job, Engine, Unit, Median, Low, High, Count, Ratio, Target, Met | Out-String -Width 160 | Write-Host
