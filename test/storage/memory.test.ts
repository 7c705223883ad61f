import { memoryPlace, memoryStorage } from '../helpers/memory-storage.js'
import { storageContract } from './contract.js'

storageContract('memory', async () => {
  const place = memoryPlace()
  return {
    open: async () => memoryStorage(place),
    listPlace: '/lists/changed',
    readList: async (at) => place.lists.get(at),
  }
})
