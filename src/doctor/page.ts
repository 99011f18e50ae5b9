import type { Diagnosis } from './types.js'
export const diagnosisPage = (diagnosis: Diagnosis): string => JSON.stringify(diagnosis)
